// <{ header | comment }>

/** What the tags of the images carry. */
export const RELEASE_TAG = <{ release.tag }>;

/** The references of the images, by name. */
export const IMAGES = {
<% for spec in specs %>
  <{ spec.image }>: <{ spec.reference }>,
<% endfor %>
} as const;

/** The name of an image. */
export type ImageName = keyof typeof IMAGES;
