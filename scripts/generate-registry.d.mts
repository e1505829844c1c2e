export const registryFile: string;
export function registryText(): string;
