/** The file's text for the sources that are there now. */
export function reportPageText(): string;
/** Its path. */
export const reportPageFile: string;
