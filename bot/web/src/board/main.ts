import { createApp } from 'vue'

import { BoardApi } from './api'
import './board.css'
import BoardPage from './BoardPage.vue'

createApp(BoardPage, { api: new BoardApi(new URL('./api/v1/board', document.baseURI).href) }).mount('#app')
