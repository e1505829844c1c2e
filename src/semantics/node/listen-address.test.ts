import { describe, expect, it } from 'vitest';
import { hostOf, isEveryAddress, isLoopback, urlHost } from './listen-address.ts';

describe('isLoopback', () => {
  it.each([
    '127.0.0.1',
    '127.1.2.3',
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    'localhost',
    'LOCALHOST',
    'localhost.',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
  ])('%s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(['', '0.0.0.0', '::', '10.0.0.1', '::11', 'fe80::1', '127.0.0.1.example.com', 'localhost.example.com', '1'])(
    'not %s',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe('isEveryAddress', () => {
  it.each(['', '0.0.0.0', '::', '[::]', '0:0:0:0:0:0:0:0'])('%s', (host) => {
    expect(isEveryAddress(host)).toBe(true);
  });
  it.each(['127.0.0.1', '::1', '10.0.0.0', 'localhost', 'fe80::'])('not %s', (host) => {
    expect(isEveryAddress(host)).toBe(false);
  });
});

describe('hostOf', () => {
  it.each([
    ['127.0.0.1:10249', '127.0.0.1'],
    ['[::1]:10249', '::1'],
    ['::1', '::1'],
    [':10249', ''],
    ['localhost', 'localhost'],
  ])('%s has %s', (address, host) => {
    expect(hostOf(address)).toBe(host);
  });
});

describe('urlHost', () => {
  it.each([
    ['https://10.0.0.1:2379', { scheme: 'https', host: '10.0.0.1' }],
    ['HTTP://[::1]:2379/', { scheme: 'http', host: '[::1]' }],
    ['http://localhost', { scheme: 'http', host: 'localhost' }],
    ['unix://sock', { scheme: 'unix', host: 'sock' }],
    ['10.0.0.1:2379', undefined],
  ])('%s', (url, expected) => {
    expect(urlHost(url)).toEqual(expected);
  });
});
