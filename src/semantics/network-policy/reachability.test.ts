import { describe, expect, it } from 'vitest';
import { ask, engine } from '../../../test/network-engine.ts';
import { isPod, naive, type Peer } from '../../../test/network-naive.ts';
import { portNumbers, random, randomWorld } from '../../../test/network-random.ts';
import { protocols } from './port-set.ts';

describe('the engine', () => {
  it('decides 120,000 random connections as the naive one does', () => {
    let cases = 0;
    const allowed = { yes: 0, no: 0 };
    for (let seed = 1; cases < 120_000; seed += 1) {
      const next = random(seed);
      const world = randomWorld(next);
      const made = engine(world);
      const ends: Peer[] = [
        ...world.pods,
        { ip: '203.0.113.9' },
        { ip: '203.0.113.200' },
        { ip: '10.1.0.77' },
        { ip: '8.8.8.8' },
        { ip: '2001:db8::9' },
        { ip: 'fd00:1::77' },
      ];
      for (const from of ends) {
        for (const to of ends) {
          if (from === to || (!isPod(from) && !isPod(to))) continue;
          for (let times = 0; times < 3; times += 1) {
            const protocol = protocols[Math.floor(next() * 3)] ?? 'TCP';
            const port = portNumbers[Math.floor(next() * portNumbers.length)] ?? 80;
            const packet = { from, to, protocol, port };
            const wanted = naive(world, packet);
            const answer = ask(made, packet);
            if (answer !== wanted) {
              expect.fail(
                `seed ${seed}: ${answer}, not ${wanted}: ${JSON.stringify({ packet, policies: world.policies }, null, 1)}`,
              );
            }
            allowed[wanted ? 'yes' : 'no'] += 1;
            cases += 1;
          }
        }
      }
    }
    // Neither answer is rare: the cases tell something.
    expect(Math.min(allowed.yes, allowed.no)).toBeGreaterThan(cases / 5);
  }, 60_000);
});
