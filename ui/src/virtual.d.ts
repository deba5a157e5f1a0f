/** Made by `vite.config.ts`: emoji, group, Korean and English name, more words to find it by. */
declare module "virtual:emoji" {
  const rows: [string, number, string, string, string][];
  export default rows;
}

declare module "*?raw" {
  const text: string;
  export default text;
}
