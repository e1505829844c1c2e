import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

describe('settings of a detector', () => {
  it('are read', () => {
    const text =
      'trusted:\n  - {user: "system:serviceaccount:a:b", reason: it may, until: "2027-01-01T00:00:00Z"}\nlearning: 7d\naddresses:\n  tor: [198.51.100.0/24, "2001:db8::/32"]\n';
    expect(readSettings({ path: 's.yml', text })).toEqual({
      trusted: {
        users: [{ user: 'system:serviceaccount:a:b', reason: 'it may', until: '2027-01-01T00:00:00Z' }],
        learning: 604_800_000,
      },
      addresses: new Map([['tor', ['198.51.100.0/24', '2001:db8::/32']]]),
    });
  });

  it.each([
    ['trust: []', 1, '"trust" is no setting; there are trusted, learning, addresses'],
    ['trusted:\n  - user: a', 2, 'a trusted identity needs a "user" and a "reason"'],
    ['trusted:\n  - user: "system:*"\n    reason: x', 2, 'a trusted identity is an exact user name, without wildcards'],
    ['trusted:\n  - user: a\n    reason: x\n    until: soon', 4, '"until" is a time such as 2027-01-01T00:00:00Z'],
    ['learning: long', 1, 'a time span is a number with s, m, h, d or w, such as 5m'],
    ['addresses:\n  tor:\n    - nowhere', 3, '"nowhere" is no network, such as 10.0.0.0/8'],
    ['- a', 1, 'the settings are a mapping, found a list'],
  ])('%s', (text, line, message) => {
    expect(readSettings({ path: 's.yml', text })).toEqual({ path: 's.yml', line, message });
  });
});
