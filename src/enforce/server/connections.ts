import type { Server, Socket } from 'node:net';
import type { Turned } from './admission-server.ts';
import { mostConnectionsOfOne } from './limits.ts';

export interface ConnectionsOptions {
  readonly onTurned: (turned: Turned, reason: string) => void;
}

/** Cuts off what one address opens beyond its share of the connections, so that it cannot take all of them. */
export class Connections {
  private readonly options: ConnectionsOptions;
  private readonly open = new Map<string, number>();

  constructor(options: ConnectionsOptions) {
    this.options = options;
  }

  follow(server: Server): void {
    server.on('connection', (socket) => this.opened(socket));
  }

  private opened(socket: Socket): void {
    const { remoteAddress: peer } = socket;
    if (peer === undefined) return;
    const count = (this.open.get(peer) ?? 0) + 1;
    if (count > mostConnectionsOfOne) {
      this.options.onTurned('shed', `${peer} has ${mostConnectionsOfOne} connections already`);
      socket.destroy();
      return;
    }
    this.open.set(peer, count);
    socket.once('close', () => {
      const rest = (this.open.get(peer) ?? 1) - 1;
      if (rest === 0) this.open.delete(peer);
      else this.open.set(peer, rest);
    });
  }
}
