import { describe, expect, it } from 'vitest';
import { evaluated } from '../../../../test/cel-example.ts';

// From the examples of the Kubernetes documentation and of upstream's own comments, library by library.
const truths: Readonly<Record<string, readonly string[]>> = {
  lists: [
    '[1, 2, 3].isSorted()',
    "!['b', 'a'].isSorted()",
    '[].isSorted()',
    '[1, 3].sum() == 4',
    '[1.5, 2.5].sum() == 4.0',
    '[].sum() == 0',
    "[duration('1m'), duration('1s')].sum() == duration('61s')",
    '[1, 3].min() == 1 && [1, 3].max() == 3',
    "['b', 'a'].min() == 'a'",
    '[1, 2, 2, 3].indexOf(2) == 1 && [1, 2, 2, 3].lastIndexOf(2) == 2',
    "['a'].indexOf('b') == -1",
  ],
  regex: [
    "'abc 123'.find('[0-9]+') == '123'",
    "'abc'.find('[0-9]+') == ''",
    "'123 abc 456'.findAll('[0-9]+') == ['123', '456']",
    "'123 abc 456'.findAll('[0-9]+', 1) == ['123']",
    "'123 abc 456'.findAll('[0-9]+', 0) == []",
    "'ab'.findAll('a*') == ['a', ''] && 'xay'.findAll('a*') == ['', 'a', '']",
    "'k8s.io'.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z]+)*$')",
    "!'abc'.matches('^b')",
  ],
  URLs: [
    "url('https://example.com:80/').getHost() == 'example.com:80'",
    "url('https://example.com/path with spaces/').getEscapedPath() == '/path%20with%20spaces/'",
    "url('HTTPS://user@[::1]:80/a').getScheme() == 'https'",
    "url('https://[::1]:80/').getHostname() == '::1'",
    "url('https://[::1]:80/').getPort() == '80'",
    "url('/absolute').getHost() == '' && url('/absolute').getScheme() == ''",
    "url('https://example.com/?k1=a&k2=b&k2=c').getQuery() == {'k1': ['a'], 'k2': ['b', 'c']}",
    "url('https://example.com/').getQuery() == {}",
    "isURL('https://example.com/') && isURL('/path')",
    "!isURL('../relative') && !isURL('https://a:b') && !isURL('')",
    "url('https://a.io') == url('https://a.io')",
  ],
  strings: [
    "'hello'.charAt(4) == 'o' && 'hello'.charAt(5) == ''",
    "'hello mellow'.indexOf('ello', 2) == 7 && 'hello mellow'.indexOf('') == 0",
    "'hello mellow'.lastIndexOf('ello') == 7 && 'hello mellow'.lastIndexOf('ello', 6) == 1",
    "'TacoCat'.lowerAscii() == 'tacocat' && 'TacoCÆt'.lowerAscii() == 'tacocÆt'",
    "'hello hello'.replace('he', 'we', 1) == 'wello hello'",
    "'hello hello'.replace('he', 'we', 0) == 'hello hello'",
    "'ab'.replace('', '_') == '_a_b_'",
    "'hello hello hello'.split(' ', 2) == ['hello', 'hello hello']",
    "'abc'.split('') == ['a', 'b', 'c'] && 'a b'.split(' ', 0) == []",
    "'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco'",
    "'  \\ttrim\\n    '.trim() == 'trim'",
    "['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab'",
    "'😀a'.size() == 2 && '😀a'.charAt(1) == 'a' && '😀a'.indexOf('a') == 1 && '😀ab'.substring(0, 2) == '😀a'",
    'strings.quote(\'first\\nsecond "q"\') == \'"first\\\\nsecond \\\\"q\\\\""\'',
    "'%s has %d of %x, %X, %o, %b'.format([dyn('a'), 255, 255, 'A', 8, true]) == 'a has 255 of ff, 41, 10, 1'",
    "'%.2f%%'.format([1234.5678]) == '1,234.57%'",
    "'%.0f %.0f'.format([2.5, 3.5]) == '2 4'",
    "'%s'.format([[dyn('a'), 1, {'k': true}]]) == '[\"a\", 1, {\"k\":true}]'",
    "string(1000000.0) == '1e+06' && string(0.5) == '0.5' && string(100000.0) == '100000'",
  ],
  sets: [
    'sets.contains([1, 2, 3, 4], [2, 3]) && sets.contains([1], [])',
    '!sets.contains([1], [1, 2])',
    'sets.equivalent([1, 1], [1]) && sets.equivalent([dyn(1)], [dyn(1u), 1.0])',
    'sets.intersects([1], [1, 2]) && !sets.intersects([1], [])',
  ],
  quantity: [
    "isQuantity('1.3G') && isQuantity('-5m') && isQuantity('1e3') && !isQuantity('1,3G') && !isQuantity('1.3GB')",
    "quantity('500000G').isInteger() && !quantity('1500m').isInteger()",
    "quantity('50k').asInteger() == 50000",
    "quantity('50k').asApproximateFloat() == 50000.0",
    "quantity('-1').sign() == -1 && quantity('0').sign() == 0",
    "quantity('50k').add(quantity('20k')) == quantity('70k')",
    "quantity('50k').add(20) == quantity('50020') && quantity('50k').sub(20000) == quantity('30k')",
    "quantity('200M').compareTo(quantity('0.2G')) == 0",
    "quantity('50Mi').isGreaterThan(quantity('50M')) && quantity('50M').isLessThan(quantity('100M'))",
    "quantity('1Ki') == quantity('1024') && quantity('0.1n') == quantity('1n')",
  ],
  'IP and CIDR': [
    "isIP('127.0.0.1') && isIP('::1') && !isIP('127.0.0.256') && !isIP('01.0.0.1') && !isIP('::ffff:1.2.3.4')",
    "!isIP('fe80::1%eth0') && !isIP('1.2.3') && !isIP('1::2::3') && isIP('1:2:3:4:5:6:1.2.3.4')",
    "ip.isCanonical('127.0.0.1') && !ip.isCanonical('2001:DB8::ABCD') && ip.isCanonical('2001:db8::abcd')",
    "ip('127.0.0.1').family() == 4 && ip('::1').family() == 6",
    "ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified() && ip('127.9.9.9').isLoopback()",
    "ip('224.0.0.1').isLinkLocalMulticast() && !ip('224.0.1.1').isLinkLocalMulticast()",
    "ip('ff02::1').isLinkLocalMulticast() && !ip('fd00::1').isLinkLocalMulticast()",
    "ip('169.254.169.254').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast()",
    "ip('192.168.0.1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast() && !ip('ff0e::1').isGlobalUnicast()",
    "string(ip('2001:0db8:0:0:1:0:0:1')) == '2001:db8::1:0:0:1' && type(ip('::1')) == net.IP",
    "cidr('192.168.0.0/24').containsIP(ip('192.168.0.1')) && cidr('192.168.0.0/24').containsIP('192.168.0.1')",
    "!cidr('192.168.0.0/24').containsIP('192.168.1.1') && !cidr('192.168.0.0/24').containsIP('::1')",
    "cidr('192.168.0.0/16').containsCIDR(cidr('192.168.10.0/24')) && !cidr('192.168.0.0/24').containsCIDR('192.168.0.0/23')",
    "cidr('192.168.0.1/24').ip().family() == 4 && cidr('::1/128').prefixLength() == 128",
    "cidr('192.168.0.1/24').masked() == cidr('192.168.0.0/24') && string(cidr('::1/64').masked()) == '::/64'",
    "isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0') && !isCIDR('10.0.0.0/08')",
  ],
  format: [
    "!format.dns1123Label().validate('my-label').hasValue() && format.dns1123Label().validate('My').hasValue()",
    "format.named('dns1123Subdomain').value().validate('apiextensions.k8s.io') == optional.none()",
    "!format.named('nope').hasValue()",
    "format.dns1035Label().validate('1a').hasValue() && !format.dns1123LabelPrefix().validate('my-prefix-').hasValue()",
    "format.qualifiedName().validate('a/b/c').hasValue() && !format.qualifiedName().validate('example.com/Name').hasValue()",
    "!format.labelValue().validate('').hasValue() && format.labelValue().validate('-').hasValue()",
    "format.uri().validate('../a').hasValue() && !format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue()",
    "!format.byte().validate('aGVsbG8=').hasValue() && format.date().validate('2021-02-30').value() == ['invalid date']",
    "!format.datetime().validate('2021-01-01T00:00:00Z').hasValue()",
  ],
  semver: [
    "semver('1.2.3').major() == 1 && semver('1.2.3').minor() == 2 && semver('1.2.3').patch() == 3",
    "isSemver('1.0.0') && !isSemver('v1.0') && isSemver('v1.0', true) && isSemver('01.01.01', true) && !isSemver('1.0-a', true)",
    "semver('1.2.3').compareTo(semver('2.0.0')) == -1 && semver('1.0.0-alpha.1').isLessThan(semver('1.0.0-alpha.beta'))",
    "semver('1.0.0').isGreaterThan(semver('1.0.0-rc.1')) && semver('1.0.0+a') == semver('1.0.0+b')",
  ],
  'ext lists': [
    '[1, 2, 3, 4].slice(1, 3) == [2, 3] && [[1], [2, 3]].flatten() == [1, 2, 3]',
    '[dyn(1), dyn([2, 3])].flatten(1) == [1, 2, 3]',
    "[3, 1, 2].sort() == [1, 2, 3] && ['b', 'a'].sort() == ['a', 'b'] && [1, 2].reverse() == [2, 1]",
    "[{'n': 2}, {'n': 1}].sortBy(e, e.n) == [{'n': 1}, {'n': 2}]",
    'lists.range(3) == [0, 1, 2] && [1, 2, 2, 1].distinct() == [1, 2] && [].first() == optional.none()',
    '[1, 2].last().value() == 2 && [1, 2].includes(2)',
  ],
  'optional types': [
    "{'a': 1}.?b.orValue(2) == 2 && {'a': 1}[?'a'].value() == 1 && [1][?3].hasValue() == false",
    "[1, ?optional.none()] == [1] && {?'a': optional.of(1)} == {'a': 1}",
    "optional.of(2).optMap(v, v * 2).value() == 4 && optional.ofNonZeroValue('') == optional.none()",
    'optional.none().or(optional.of(1)).value() == 1',
  ],
  'two variables': [
    "{'a': 1}.all(k, v, k == 'a' && v == 1) && [5].exists(i, v, i == 0 && v == 5)",
    '[1, 2, 3].transformList(i, v, i > 0, v * 2) == [4, 6]',
    "{'a': 1}.transformMap(k, v, v + 1) == {'a': 2}",
    "{'a': 'b'}.transformMapEntry(k, v, {v: k}) == {'b': 'a'}",
  ],
};

describe('Kubernetes libraries', () => {
  for (const [library, rows] of Object.entries(truths)) {
    it.each(rows)(`${library}: %s`, (text) => {
      expect(evaluated(text)).toBe(true);
    });
  }

  it.each([
    [
      "url('../relative')",
      'error: URL parse error during conversion from string: parse "../relative": invalid URI for request',
    ],
    ["quantity('1,3')", 'error: quantity parse error during conversion from string: "1,3"'],
    ["quantity('1500m').asInteger()", 'error: cannot convert value to integer'],
    ["'a'.charAt(2)", 'error: index out of range: 2'],
    ["'tacocat'.substring(3, 2)", 'error: invalid substring range. start: 3, end: 2'],
    ['[].min()', 'error: min called on empty list'],
    [
      "'%d'.format(['a'])",
      'error: error during formatting: decimal clause can only be used on integers, was given string',
    ],
    ["'%s'.format([])", 'error: index 0 out of range'],
    [
      "'%f'.format([1])",
      'error: error during formatting: fixed-point clause can only be used on doubles, was given number',
    ],
    ['[1, 2].slice(1, 3)', 'error: cannot slice(1, 3), list is length 2'],
    ['lists.range(10000000)', 'error: lists.range(10000000) is too long to be made'],
    ['optional.none().value()', 'error: optional.none() dereference'],
    ["semver('Three')", 'error: invalid semantic version: "Three"'],
    [
      "'a'.matches('(')",
      'problem: 1:12: invalid matches argument: error parsing regexp: error parsing regexp: missing closing ): `(`',
    ],
    ["'a'.reverse()", "problem: 1:12: found no matching overload for 'reverse' applied to 'string.()'"],
    ['math.greatest(1, 2)', "problem: 1:1: undeclared reference to 'math' (in container '')"],
    ['cel.bind(x, 1, x)', "problem: 1:10: undeclared reference to 'x' (in container '')"],
    ['Object{}', "problem: 1:1: undeclared reference to 'Object': messages cannot be made here"],
    ["'%s %d'.format(['a', 1])", "problem: 1:22: expected type 'string' but found 'int'"],
    ["[1, 'a']", "problem: 1:5: expected type 'int' but found 'string'"],
  ])('%s is %s', (text, wanted) => {
    expect(evaluated(text)).toBe(wanted);
  });

  it.each([
    [
      26,
      'authorizer.path("/").check("get").allowed()',
      "problem: 1:1: undeclared reference to 'authorizer' (in container '')",
    ],
    [27, "quantity('1')", "problem: 1:9: 'quantity' is of the quantity library, which Kubernetes has from 1.28 on"],
    [27, 'object.?a', 'problem: 1:8: unsupported syntax: optional values'],
    [
      27,
      '1 < 2.0',
      "problem: 1:3: '_<_' is of the cross-type numeric comparison library, which Kubernetes has from 1.28 on",
    ],
    [
      28,
      'sets.contains([1], [1])',
      "problem: 1:14: 'sets.contains' is of the sets library, which Kubernetes has from 1.29 on",
    ],
    [28, "'%s'.format([1])", "problem: 1:12: 'format' is of the strings library, which Kubernetes has from 1.29 on"],
    [29, "ip('::1').family()", "problem: 1:3: 'ip' is of the IP library, which Kubernetes has from 1.30 on"],
    [30, 'format.uri()', "problem: 1:11: 'format.uri' is of the format library, which Kubernetes has from 1.31 on"],
    [31, 'object.all(k, v, true)', "problem: 1:11: undeclared reference to 'all' with two variables"],
    [32, "semver('1.0.0')", "problem: 1:7: 'semver' is of the semver library, which Kubernetes has from 1.33 on"],
    [33, '[1].reverse()', "problem: 1:12: 'reverse' is of the ext lists library, which Kubernetes has from 1.34 on"],
    [36, '[1].includes(1)', "problem: 1:13: 'includes' is of the lists v1 library, which Kubernetes has from 1.37 on"],
  ])('1.%i refuses %s', (minor, text, wanted) => {
    expect(evaluated(text, { minor })).toBe(wanted);
  });
});
