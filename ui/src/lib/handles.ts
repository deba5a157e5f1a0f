/** Handles as lists show them. The profile, the privacy page and what is copied have them whole. */

/** Without the host if that is one's own; otherwise whole: only the host tells two people of one name apart. */
export function short(handle: string, own: string): string {
  const at = handle.lastIndexOf("@");
  return at > 0 && handle.slice(at) === own.slice(own.lastIndexOf("@")) ? handle.slice(0, at) : handle;
}

/** An invite link as people read it, with the letters of its handle; what is copied has them escaped. */
export function readable(link: string): string {
  try {
    return decodeURI(link);
  } catch {
    return link;
  }
}
