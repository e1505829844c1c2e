import manifest from '../../package.json' with { type: 'json' };

/** What machine formats say made them. */
export const tool = { name: 'bulwark', version: manifest.version } as const;
