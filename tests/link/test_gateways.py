"""Gateways of NestJS that hang up on whoever shows no token: what they listen to is for those who have one."""

import pytest
from own_rules import RULES

from batten.facts.routes import RouteAuth
from batten.scan import scan_files

PACKAGE = '{"dependencies": {"@nestjs/common": "11", "@nestjs/websockets": "11", "@nestjs/jwt": "11", "@prisma/client": "6"}}'
GATEWAY = """import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { JwtService } from '@nestjs/jwt'
import { Socket } from 'socket.io'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
@WebSocketGateway()
export class Rooms {
  constructor(private readonly tokens: JwtService) {}
  async handleConnection(client: Socket) {
    try { client.data.user = this.known(client) } catch (error) { LEFT }
  }
  private known(client: Socket) { return this.tokens.verify(client.handshake.auth.token, { secret: process.env.JWT_SECRET }) }
  private refuse(client: Socket, error: Error) { client.emit('exception', error.message); END }
  @SubscribeMessage('open')
  async open(client: Socket, data: { name: string }) { await prisma.room.create({ data: { name: data.name } }) }
}
"""


@pytest.mark.parametrize(
    ("left", "end", "auth"),
    [
        ("client.disconnect()", "", RouteAuth.AUTHENTICATED),
        ("client.emit('no'); client.disconnect(true)", "", RouteAuth.AUTHENTICATED),
        ("this.refuse(client, error)", "client.disconnect()", RouteAuth.AUTHENTICATED),
        # Nothing hangs up, or not always.
        ("this.refuse(client, error)", "", RouteAuth.UNAUTHENTICATED),
        ("this.refuse(client, error)", "if (error.stack) { client.disconnect() }", RouteAuth.UNAUTHENTICATED),
        ("console.error(error)", "", RouteAuth.UNAUTHENTICATED),
        ("client.emit('no')", "", RouteAuth.UNAUTHENTICATED),
    ],
)
def test_who_stays_connected(left: str, end: str, auth: RouteAuth) -> None:
    files = {"package.json": PACKAGE, "src/rooms.ts": GATEWAY.replace("LEFT", left).replace("END", end)}
    (found,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert found.auth is auth
