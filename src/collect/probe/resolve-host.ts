import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** The address of a host, or why there is none. */
export async function resolveHost(
  host: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<{ readonly address: string } | { readonly reason: string }> {
  if (isIP(host) !== 0) return { address: host };
  const late = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const { address } = await Promise.race([lookup(host), rejected(late)]);
    return { address };
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return { reason: 'the name server did not answer' };
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return { reason: code === 'ENOTFOUND' ? 'no such host' : `the name cannot be resolved: ${code}` };
  }
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
