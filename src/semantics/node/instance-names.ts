import type { Component } from '../../model/component.ts';
import type { ComponentArgs } from './component-args.ts';

/** Flags that two of one component on one host cannot share, the most telling first. */
const telling: readonly string[] = ['data-dir', 'root-dir', 'secure-port', 'port', 'name', 'kubeconfig', 'config'];

/**
 * What each component of a node is called: as the node, and where one runs several times, with what tells it apart:
 * `node-1 (--data-dir=/var/lib/etcd-b)`. By its flags and not by its process, whose number is another after every start.
 */
export function instanceNames(started: readonly ComponentArgs[], node: string): readonly string[] {
  const byComponent = new Map<Component, ComponentArgs[]>();
  for (const each of started) {
    const known = byComponent.get(each.component);
    if (known === undefined) byComponent.set(each.component, [each]);
    else known.push(each);
  }
  const marks = new Map<ComponentArgs, string>();
  for (const all of byComponent.values()) {
    if (all.length > 1)
      for (const [index, mark] of marksOf(all).entries()) marks.set(all[index] as ComponentArgs, mark);
  }
  return started.map((each) => (marks.has(each) ? `${node} (${marks.get(each)})` : node));
}

function marksOf(all: readonly ComponentArgs[]): readonly string[] {
  const flags = all.map(({ args }) => flagsOf(args.map(({ text }) => text)));
  for (const flag of telling) {
    const values = flags.map((each) => each.get(flag));
    const isSet = values.filter((value) => value !== undefined).length >= all.length - 1;
    if (!isSet || new Set(values).size < all.length) continue;
    return values.map((value) => (value === undefined ? `no --${flag}` : `--${flag}=${value}`));
  }
  return all.map((_, index) => `${index + 1} of ${all.length}`);
}

function flagsOf(words: readonly string[]): ReadonlyMap<string, string> {
  const flags = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    const [, name, joined] = /^--?([a-z][\w-]*)(?:=([\s\S]*))?$/i.exec(word) ?? [];
    if (name !== undefined) flags.set(name.replaceAll('_', '-'), joined ?? words[index + 1] ?? '');
  }
  return flags;
}
