/** A photo on its way: made small, and freed of what the camera wrote about place and time. */

const LONGEST_SIDE_PX = 1600
const QUALITY = 0.85
const TYPES: readonly string[] = ['image/jpeg', 'image/png', 'image/webp']

export const MAX_MEGABYTES = 5

export type PhotoFault = 'unsupported' | 'too_large'

/** Return the photo to send, or what is wrong with it. */
export async function prepared(file: Blob): Promise<Blob | PhotoFault> {
  const small = await redrawn(file).catch(() => null)
  const photo = small ?? file
  if (!TYPES.includes(photo.type)) return 'unsupported'
  return photo.size > MAX_MEGABYTES * 1024 * 1024 ? 'too_large' : photo
}

async function redrawn(file: Blob): Promise<Blob | null> {
  const image = await createImageBitmap(file)
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(image.width, image.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(image.width * scale)
  canvas.height = Math.round(image.height * scale)
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  image.close()
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
}
