import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** Never looked into: neither holds manifests that anybody applies. */
export const neverWalked: ReadonlySet<string> = new Set(['.git', 'node_modules']);

/**
 * What `.gitignore` and `.bulwarkignore` say, as git reads them: patterns are relative to their own folder, deeper
 * files and later lines win, and what is in an ignored folder cannot be brought back. In one folder `.bulwarkignore`
 * comes last, so it can bring back what git ignores. Folders above the one that was asked for have no say.
 */
export class IgnoreRules {
  private readonly rules: Ignore | undefined;
  private readonly above: { readonly rules: IgnoreRules; readonly name: string } | undefined;

  private constructor(rules: Ignore | undefined, above: IgnoreRules['above']) {
    this.rules = rules;
    this.above = above;
  }

  static none(): IgnoreRules {
    return new IgnoreRules(undefined, undefined);
  }

  /** The rules within `folder`, given those of the folder that holds it and its name there. */
  static async of(folder: string, above?: IgnoreRules['above']): Promise<IgnoreRules> {
    const lines: string[] = [];
    for (const file of ['.gitignore', '.bulwarkignore']) {
      const text = await readFile(join(folder, file), 'utf8').catch(() => '');
      if (text !== '') lines.push(text);
    }
    return new IgnoreRules(lines.length > 0 ? ignore().add(lines.join('\n')) : undefined, above);
  }

  /** `path` is relative to this folder, with forward slashes; a folder's ends with one. */
  ignores(path: string): boolean {
    let name = path;
    for (let here: IgnoreRules | undefined = this; here !== undefined; ) {
      const verdict = here.rules?.test(name);
      if (verdict?.ignored) return true;
      if (verdict?.unignored) return false;
      const above: IgnoreRules['above'] = here.above;
      if (above === undefined) return false;
      name = `${above.name}/${name}`;
      here = above.rules;
    }
    return false;
  }
}
