export declare const manifestsFile: string;
export declare const templateFile: string;
export declare function manifestsText(): string;
export declare function templateText(): string;
