import { createApp } from 'vue'

import { DeskApi } from './api'
import { Desk } from './desk'
import DeskApp from './DeskApp.vue'
import './desk.css'

const desk = new Desk(new DeskApi(new URL('./desk/api/', document.baseURI).href))
createApp(DeskApp, { desk }).mount('#app')
