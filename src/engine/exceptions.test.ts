import { describe, expect, it } from 'vitest';
import { judgeText } from '../../test/judge-example.ts';
import { controls } from '../controls/registry.ts';
import type { Exception } from '../model/exception.ts';
import { type AttachedException, ExceptionBook } from './exceptions.ts';
import type { Finding } from './finding.ts';

const now = new Date('2026-11-21T12:00:00Z');
const ids = controls.map(({ id }) => id);

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: true
      containers:
        - {name: nginx, image: nginx:1, securityContext: {privileged: true}}
        - {name: proxy, image: envoy:1, securityContext: {privileged: true}}
`;

const chosen = controls.filter(({ id }) => id === 'pods/host-network' || id === 'pods/privileged');
const findings = judgeText(chosen, manifest).findings;

function exception(more: Partial<Exception>): Exception {
  return {
    control: 'pods/privileged',
    reason: 'needed',
    owner: 'team-a',
    expires: undefined,
    origin: { by: 'configuration', place: 'bulwark.yaml:3' },
    ...more,
  };
}

function label({ control, subject }: Finding): string {
  return [control.id, subject.container?.name].filter((part) => part !== undefined).join(' ');
}

function covered(...exceptions: Exception[]): string[] {
  const book = new ExceptionBook(exceptions, ids);
  return findings.filter((finding) => book.exceptionFor(finding, now) !== undefined).map(label);
}

const both = ['pods/privileged nginx', 'pods/privileged proxy'];

describe('what an exception covers', () => {
  it.each<[string, Partial<Exception>, string[]]>([
    ['a control', {}, both],
    ['controls by pattern', { control: 'pods/*' }, ['pods/host-network', ...both]],
    ['no other control', { control: 'pods/host-pid' }, []],
    ['the start of an id alone', { control: 'pods/priv' }, []],
    ['an object', { object: { kind: 'Deployment', namespace: 'shop', name: 'web' } }, both],
    ['objects by pattern', { object: { namespace: 'sh*', name: '*b' } }, both],
    ['another namespace', { object: { namespace: 'other' } }, []],
    ['another kind', { object: { kind: 'Pod', namespace: 'shop', name: 'web' } }, []],
    ['a container', { container: 'proxy' }, ['pods/privileged proxy']],
    ['containers by pattern', { container: 'n*' }, ['pods/privileged nginx']],
    ['a field', { control: '*', path: 'spec.template.spec.hostNetwork' }, ['pods/host-network']],
    ['what lies below a field', { control: '*', path: 'spec.template.spec' }, ['pods/host-network', ...both]],
    ['a list', { control: '*', path: 'spec.template.spec.containers' }, both],
    ['an item of it', { path: 'spec.template.spec.containers[1]' }, ['pods/privileged proxy']],
    ['no field of which it is only the start', { control: '*', path: 'spec.template.spec.host' }, []],
    ['until it expires', { expires: '2026-11-22' }, both],
    ['through the whole of its last day', { expires: '2026-11-21' }, both],
    ['nothing after that', { expires: '2026-11-20' }, []],
    ['nothing after its time', { expires: '2026-11-21T12:00:00Z' }, []],
    ['until its time', { expires: '2026-11-21T14:00:01+02:00' }, both],
    ['nothing where the date is none', { expires: 'tomorrow' }, []],
    ['nothing where the month has no such day', { expires: '2027-02-30' }, []],
  ])('%s', (_, fields, expected) => {
    expect(covered(exception(fields))).toEqual(expected);
  });

  it('copies of an object only where each bears one', () => {
    const copies = judgeText(chosen, `${manifest}---\n${manifest}`);
    const [first, second] = copies.snapshot.objects;
    const on = (objects: (typeof first)[]) =>
      new ExceptionBook(
        objects.flatMap((object): AttachedException[] =>
          object === undefined ? [] : [{ ...exception({}), on: object }],
        ),
        ids,
      );
    const privileged = copies.findings.filter(({ control }) => control.id === 'pods/privileged');
    expect(privileged.map((finding) => finding.places.length)).toEqual([2, 2]);
    expect(privileged.map((finding) => on([first]).exceptionFor(finding, now))).toEqual([undefined, undefined]);
    expect(privileged.map((finding) => on([first, second]).exceptionFor(finding, now)?.reason)).toEqual([
      'needed',
      'needed',
    ]);
  });
});

describe('what is wrong with exceptions', () => {
  it.each<[string, Partial<Exception>, string | undefined]>([
    ['nothing', {}, undefined],
    ['an unknown control', { control: 'pods/privilegd' }, 'there is no control pods/privilegd'],
    ['a pattern without a control', { control: 'podz/*' }, 'no control matches podz/*'],
    ['an old one', { expires: '2026-01-31' }, 'the one of pods/privileged expired on 2026-01-31'],
    ['no date', { expires: 'soon' }, 'soon is no date such as 2027-01-31'],
  ])('%s', (_, fields, message) => {
    const [problem] = new ExceptionBook([exception(fields)], ids).problems(now);
    expect(problem?.message).toBe(message);
  });

  it('of two that contradict the earlier end counts, whichever comes first', () => {
    const short = exception({ expires: '2026-11-20', origin: { by: 'configuration', place: 'bulwark.yaml:3' } });
    const long = exception({ expires: '2027-11-20', origin: { by: 'configuration', place: 'bulwark.yaml:9' } });
    for (const order of [
      [short, long],
      [long, short],
    ]) {
      const book = new ExceptionBook(order, ids);
      expect(findings.map((finding) => book.exceptionFor(finding, now))).toEqual([undefined, undefined, undefined]);
      expect(book.problems(now).map(({ kind, exception: { origin } }) => `${kind} ${origin.place}`)).toEqual([
        'expired bulwark.yaml:3',
        'contradiction bulwark.yaml:9',
      ]);
    }
  });

  it('what was written for another scanner contradicts nothing', () => {
    const peer = exception({ reason: '', origin: { by: 'peer', place: 'Deployment shop/web, kube-score/ignore' } });
    const book = new ExceptionBook([peer, exception({ expires: '2027-01-31' })], ids);
    expect(book.problems(now)).toEqual([]);
  });

  it('at a time that is none, nothing holds that has an end', () => {
    const book = new ExceptionBook([exception({ expires: '2027-01-31' })], ids);
    expect(findings.map((finding) => book.exceptionFor(finding, new Date('soon')))).toEqual(
      findings.map(() => undefined),
    );
  });

  it('tells those that nothing needed', () => {
    const book = new ExceptionBook([exception({}), exception({ control: 'pods/host-pid' })], ids);
    for (const finding of findings) book.exceptionFor(finding, now);
    expect(book.unused().map(({ control }) => control)).toEqual(['pods/host-pid']);
  });
});
