/** TLS alerts by their number (RFC 8446, 6.2, and older). */
const names: ReadonlyMap<number, string> = new Map([
  [0, 'close_notify'],
  [10, 'unexpected_message'],
  [20, 'bad_record_mac'],
  [40, 'handshake_failure'],
  [41, 'no_certificate'],
  [42, 'bad_certificate'],
  [43, 'unsupported_certificate'],
  [44, 'certificate_revoked'],
  [45, 'certificate_expired'],
  [46, 'certificate_unknown'],
  [47, 'illegal_parameter'],
  [48, 'unknown_ca'],
  [49, 'access_denied'],
  [50, 'decode_error'],
  [51, 'decrypt_error'],
  [70, 'protocol_version'],
  [71, 'insufficient_security'],
  [80, 'internal_error'],
  [86, 'inappropriate_fallback'],
  [90, 'user_canceled'],
  [109, 'missing_extension'],
  [110, 'unsupported_extension'],
  [112, 'unrecognized_name'],
  [116, 'certificate_required'],
  [120, 'no_application_protocol'],
]);

export function alertName(code: number): string {
  return names.get(code) ?? `alert ${code}`;
}

/** Alerts by which servers refuse a client that brings no certificate; Go before 1.21 says `bad_certificate`. */
const refusals: ReadonlySet<string> = new Set([
  'certificate_required',
  'bad_certificate',
  'handshake_failure',
  'no_certificate',
  'certificate_unknown',
  'access_denied',
]);

export function refusesWithoutCertificate(alert: string): boolean {
  return refusals.has(alert);
}
