/** Whether a field may have focus unasked: on a touch screen a keyboard would come up over what is shown. */
export function mayFocus(): boolean {
  return matchMedia("(hover: hover)").matches;
}
