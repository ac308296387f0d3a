// What a picture's own size tells: the server sends a softened or veiled one, and the veil, in a few thousand pixels, and the page
// scales it up. So a large frame is a clear one, whatever was said of it, and a small one shows nothing clear.

const SMALL = 96 * 72;

/** Whether a frame (`width`, `height` of its metadata) is one of those few pixels. */
export const isSmall = ({ width, height }) => width * height <= SMALL;

/** Whether a frame may be shown in a view of this distance, going by its size. */
export const fits = (frame, distance) => distance === "clear" || isSmall(frame);

/**
 * How a shown frame is drawn: small ones are scaled up under a little blur, so that no grid shows. Back towards clear the last small
 * ones stay as they were drawn until a large one has come.
 */
export function lookOf(frame, distance, before) {
  if (distance !== "clear") return distance;
  return isSmall(frame) ? before : "clear";
}
