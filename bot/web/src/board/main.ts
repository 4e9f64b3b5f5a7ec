import { createApp } from 'vue'

import { BoardApi } from './api'
import './board.css'
import BoardPage from './BoardPage.vue'

createApp(BoardPage, { api: new BoardApi(new URL('./', document.baseURI).href) }).mount('#app')
