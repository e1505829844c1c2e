import { chmodSync, chownSync, mkdirSync, readFileSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dump, load } from 'js-yaml';

interface Flag {
  readonly component: string;
  readonly flag: string;
  /** Absent: the flag is taken away. */
  readonly value?: string;
}

interface Field {
  readonly file: string;
  /** `authentication.anonymous.enabled`. */
  readonly path: string;
  /** Absent: the field is taken away. */
  readonly value?: string | number | boolean;
}

/** A node's file system under a folder, to be changed as an administrator would. Paths are those of the node. */
export class EditableRoot {
  readonly folder: string;
  readonly #before = new Map<string, { readonly text: string | undefined; readonly stat: Stats }>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A new file, for root alone. */
  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
  }

  mode(path: string, mode: number): void {
    chmodSync(this.#remembered(path), mode);
  }

  owner(path: string, uid: number, gid: number): void {
    chownSync(this.#remembered(path), uid, gid);
  }

  /** Takes back every change; new files stay. */
  undo(): void {
    for (const [file, { text, stat }] of this.#before) {
      if (text !== undefined) writeFileSync(file, text);
      chownSync(file, stat.uid, stat.gid);
      chmodSync(file, stat.mode & 0o7777);
    }
    this.#before.clear();
  }

  /** A flag in the static pod manifest of a component: it is there once, or not at all. */
  flag({ component, flag, value }: Flag): void {
    this.#edit(`/etc/kubernetes/manifests/${component}.yaml`, (pod) => {
      const { command } = (pod as { spec: { containers: [{ command: string[] }] } }).spec.containers[0];
      const others = command.filter((word) => word !== flag && !word.startsWith(`${flag}=`));
      command.splice(0, command.length, ...others, ...(value === undefined ? [] : [`${flag}=${value}`]));
    });
  }

  field({ file, path, value }: Field): void {
    this.#edit(file, (document) => {
      const steps = path.split('.');
      const last = steps.pop() ?? '';
      let at = document as Record<string, unknown>;
      for (const step of steps) at = (at[step] ??= {}) as Record<string, unknown>;
      if (value === undefined) delete at[last];
      else at[last] = value;
    });
  }

  #edit(path: string, change: (document: unknown) => void): void {
    const file = this.#remembered(path);
    const document = load(readFileSync(file, 'utf8'));
    change(document);
    writeFileSync(file, dump(document));
  }

  #remembered(path: string): string {
    const file = join(this.folder, path);
    if (this.#before.has(file)) return file;
    const stat = statSync(file);
    this.#before.set(file, { text: stat.isFile() ? readFileSync(file, 'utf8') : undefined, stat });
    return file;
  }
}
