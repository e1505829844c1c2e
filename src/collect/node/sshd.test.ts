import { expect, it } from 'vitest';
import { countKeys, keyFilesOf, readSshd } from './sshd.ts';

it('takes the first value of each keyword, includes where they stand, and nothing of Match blocks', () => {
  const files = new Map([
    [
      '/etc/ssh/sshd_config',
      '# PermitRootLogin yes\nInclude sshd_config.d/*.conf\nPermitRootLogin yes\n  PasswordAuthentication = no # why\nCiphers "a,b"\nMatch User bob\nX11Forwarding yes\nMaxAuthTries 9\n',
    ],
    ['/etc/ssh/sshd_config.d/10.conf', 'permitrootlogin prohibit-password\nMatch all\nPort 2\n'],
    ['/etc/ssh/sshd_config.d/20.conf', 'PORT 2222\nInclude /etc/ssh/sshd_config\n'],
  ]);
  const settings = readSshd('/etc/ssh/sshd_config', {
    read: (path) => files.get(path),
    expand: (pattern) => [...files.keys()].filter((path) => path.startsWith(pattern.split('*')[0] ?? '')),
  });
  expect(settings).toEqual({
    permitrootlogin: { value: 'prohibit-password', where: '/etc/ssh/sshd_config.d/10.conf', line: 1 },
    port: { value: '2222', where: '/etc/ssh/sshd_config.d/20.conf', line: 1 },
    passwordauthentication: { value: 'no', where: '/etc/ssh/sshd_config', line: 4 },
    ciphers: { value: 'a,b', where: '/etc/ssh/sshd_config', line: 5 },
  });
  expect(readSshd('/none', { read: () => undefined, expand: () => [] })).toBeUndefined();
});

it('finds the files of keys', () => {
  const ann = { name: 'ann', home: '/home/ann', id: 7 };
  const where = (value: string) => ({ authorizedkeysfile: { value, where: '', line: 1 } });
  expect(keyFilesOf(ann, undefined)).toEqual(['/home/ann/.ssh/authorized_keys', '/home/ann/.ssh/authorized_keys2']);
  expect(keyFilesOf(ann, where('/keys/%u-%U/%%h %h/k k'))).toEqual(['/keys/ann-7/%h', '/home/ann/k', '/home/ann/k']);
  expect(keyFilesOf(ann, where('none'))).toEqual([]);
});

it('counts keys', () => {
  expect(countKeys('# ssh-rsa A\n\n  \nssh-ed25519 AAAA a\n  from="x" ssh-rsa B\n')).toBe(2);
});
