/** The script's own tag, while it is first run. */
export const script = document.currentScript as HTMLScriptElement | null

/** Where the server is: where the script came from. */
export const home = new URL('./', script?.src || document.baseURI).href
