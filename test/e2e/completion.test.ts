import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Each puts the words of a command line, the last of which is being typed, to the shell's own completion. */
const shells = {
  bash: (words: readonly string[]) =>
    `source <(bulwark completion bash); COMP_WORDS=(${words.map(quoted).join(' ')}); COMP_CWORD=${words.length - 1}; _bulwark; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (words: readonly string[]) =>
    `compdef() { :; }; _describe() { print -l -- "\${(@)\${(P)2}%%:*}" }; _files() { print FILES }; source <(bulwark completion zsh); words=(${words.map(quoted).join(' ')}); CURRENT=${words.length}; _bulwark`,
  fish: (words: readonly string[]) =>
    `bulwark completion fish | source; complete -C ${quoted(words.join(' '))} | string split -f1 \\t`,
} as const;

describe.each(Object.entries(shells))('completion in %s', (shell, script) => {
  const isThere = spawnSync(shell, ['-c', 'true']).status === 0;
  if (!isThere) console.warn(`no ${shell}: its completion is not tested (apt-get install ${shell})`);
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-completion-'));
  beforeAll(() => symlinkSync(join(root, 'bin/bulwark.mjs'), join(folder, 'bulwark')));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(!isThere).each<[readonly string[], readonly string[]]>([
    [['bulwark', 'sc'], ['scan']],
    [
      ['bulwark', 'rbac', 'wh'],
      ['who-can', 'why', 'why-not'],
    ],
    [['bulwark', 'scan', '--fail-on', 'h'], ['high']],
    [['bulwark', 'explain', 'pods/privileged'], ['pods/privileged']],
    [['bulwark', 'scan', '-o', 'sar'], ['sarif']],
    [['bulwark', 'scan', '--benchmark', 'pss-b'], ['pss-baseline']],
    [['bulwark', 'scan', '--profile', 'rel'], ['reliability']],
    [
      ['bulwark', 'diff', '--profile', ''],
      ['reliability', 'security'],
    ],
  ])('%j', (words, expected) => {
    const { stdout, stderr } = spawnSync(shell, ['-c', script(words)], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: folder },
    });
    expect(stdout.trim().split('\n').sort(), stderr).toEqual(expected);
  });
});

function quoted(word: string): string {
  return `'${word}'`;
}
