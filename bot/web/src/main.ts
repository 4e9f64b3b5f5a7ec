import { createApp } from 'vue'

import App from './App.vue'
import './styles/page.css'

createApp(App, { base: new URL('./', document.baseURI).href }).mount('#app')
