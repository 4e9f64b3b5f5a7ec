/** What an agent does with a whole conversation and has to say more about. */
export type Act = 'transfer' | 'release' | 'return' | 'close'
