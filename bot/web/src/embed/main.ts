/** The script that a shop's page loads: it defines `<yuezhuang-chat>` and puts one in the corner. */

import { defineCustomElement } from 'vue'

import theme from '../styles/theme.css?inline'
import { script } from './home'
import Widget from './Widget.vue'

const NAME = 'yuezhuang-chat'

/** A shop's page has its own size of letters; the chat keeps to its own. */
const HOST = ':host { all: initial; display: block; font-size: 16px } :host([hidden]) { display: none }'

const styles = [HOST, theme, ...((Widget as { styles?: string[] }).styles ?? [])]
const Element = defineCustomElement(Widget, { styles })

function place(): void {
  const element = document.createElement(NAME)
  const { identity, open } = script?.dataset ?? {}
  if (identity) element.setAttribute('identity', identity)
  if (open === 'true') element.setAttribute('open', '')
  document.body.append(element)
}

if (!customElements.get(NAME)) {
  customElements.define(NAME, Element)
  if (script?.dataset.manual !== 'true') {
    if (document.body) place()
    else document.addEventListener('DOMContentLoaded', place)
  }
}
