// The peer of everything that reads a log: jq, which parses each line and prints one field.
import { spawn } from 'node:child_process';

/** Milliseconds of processor time that `jq .objectRef.resource` takes for a file, as the shell accounts for them. */
export function runJq(file) {
  return new Promise((resolve, reject) => {
    const script = 'TIMEFORMAT="%U %S"; time jq .objectRef.resource "$0" > /dev/null';
    const child = spawn('bash', ['-c', script, file], { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      const [user, system] = text.trim().split(' ').map(Number);
      if (code === 0 && Number.isFinite(user + system)) resolve((user + system) * 1000);
      else reject(new Error(`jq ended with ${code}: ${text.slice(0, 500)}`));
    });
  });
}

/** The recorded log without bodies, as an audit policy with level Metadata would have kept it. */
export function withoutBodies(log) {
  const lines = [];
  for (const line of log.toString().trimEnd().split('\n')) {
    const { requestObject: _request, responseObject: _response, ...event } = JSON.parse(line);
    lines.push(`${JSON.stringify({ ...event, level: 'Metadata' })}\n`);
  }
  return lines.join('');
}
