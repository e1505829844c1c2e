import { allPorts, noPorts, type PortSetId, type Reachability } from '../semantics/network-policy/index.ts';

/** The classes of pods that each of the sources reaches for certain, by the ports at which all of them do. */
export function reachedByAll(
  reachability: Reachability,
  sources: readonly number[],
): ReadonlyMap<PortSetId, readonly number[]> {
  const { ports, classes } = reachability;
  const byPorts = new Map<PortSetId, number[]>();
  // Sources of one group send the same, so one of each is enough on that side.
  for (const to of classes.pods.members()) {
    const column = reachability.columnOf('egress', to, 'least');
    const into = reachability.row('ingress', to, 'least');
    let reached: PortSetId = sources.length === 0 ? noPorts : allPorts;
    for (const from of sources) {
      if (reached === noPorts) break;
      if (from === to) continue;
      const group = reachability.groupNumber('egress', from);
      const sent = group === -1 ? allPorts : (column[group] ?? noPorts);
      const taken = into === undefined ? allPorts : (into[from] ?? noPorts);
      reached = ports.intersect(reached, ports.intersect(sent, taken));
    }
    if (reached === noPorts) continue;
    const same = byPorts.get(reached);
    if (same === undefined) byPorts.set(reached, [to]);
    else same.push(to);
  }
  return byPorts;
}
