"""Functions that libraries of bots call: what anybody writes to the bot comes in there, and what the library itself says does not."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

DISCORD = """import os, discord
from discord.ext import commands
from discord import app_commands
bot = commands.Bot(command_prefix="!")
"""
TELEGRAM = "import os\nfrom telegram.ext import ApplicationBuilder, CommandHandler, MessageHandler, filters\n"
SLACK = 'import os\nfrom slack_bolt import App\napp = App(token=os.environ["SLACK_BOT_TOKEN"])\n'
EXEC = 'const { exec } = require("child_process");\n'


def _command_lines(path: str, text: str) -> list[int]:
    found = scan_files({path: text.encode(), "package.json": b"{}"}, RULES).findings
    return [text.encode().count(b"\n", 0, each.place.span.start) + 1 for each in found if each.rule == "command-injection"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (DISCORD + "@bot.command()\nasync def ping(ctx, host):\n    os.system('ping ' + host)\n", [7]),
        (DISCORD + "@bot.command()\nasync def ping(ctx, *, rest):\n    os.system(rest)\n", [7]),
        (DISCORD + "@bot.tree.command()\nasync def ping(interaction, host: str):\n    os.system('ping ' + host)\n", [7]),
        (
            DISCORD
            + "class Tools(commands.Cog):\n    @commands.command()\n    async def ping(self, ctx, host):\n        os.system('ping ' + host)\n",
            [8],
        ),
        (DISCORD + "@bot.event\nasync def on_message(message):\n    os.system(message.content[5:])\n", [7]),
        (DISCORD + "class Own(discord.Client):\n    async def on_message(self, message):\n        os.system(message.content)\n", [7]),
        (DISCORD + "@bot.command()\nasync def wait(ctx, seconds: int):\n    os.system(f'sleep {seconds}')\n", []),
        (DISCORD + "@bot.command()\nasync def who(ctx, member: discord.Member):\n    os.system(f'log {member.id}')\n", []),
        (DISCORD + "@bot.command()\nasync def who(ctx):\n    os.system(f'log {ctx.guild.id}')\n", []),
        (DISCORD + "@bot.event\nasync def on_ready():\n    os.system('touch ready')\n", []),
        (TELEGRAM + "async def run(update, context):\n    os.system(' '.join(context.args))\nCommandHandler('run', run)\n", [4]),
        (TELEGRAM + "async def say(update, context):\n    os.system(update.message.text)\nMessageHandler(filters.TEXT, say)\n", [4]),
        (
            TELEGRAM
            + "async def say(update, context):\n    os.system(f'log {update.message.chat_id}')\nMessageHandler(filters.TEXT, say)\n",
            [],
        ),
        (
            "import os, telebot\nbot = telebot.TeleBot('')\n@bot.message_handler(commands=['run'])\ndef run(message):\n    os.system(message.text)\n",
            [5],
        ),
        (
            "import os\nfrom aiogram import Router\nrouter = Router()\n@router.message()\nasync def run(message):\n    os.system(message.text)\n",
            [6],
        ),
        (SLACK + "@app.command('/ping')\ndef ping(ack, command):\n    os.system('ping ' + command['text'])\n", [6]),
        (SLACK + "@app.event('app_mention')\ndef said(event, say):\n    os.system(event['text'])\n", [6]),
        (SLACK + "@app.event('app_mention')\ndef said(event, say):\n    os.system('log ' + event['ts'])\n", []),
    ],
)
def test_what_is_written_to_bots_in_python(text: str, told: list[int]) -> None:
    assert _command_lines("bot.py", text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "const { Client } = require('discord.js');\nconst bot = new Client({});\nbot.on('messageCreate', (m) => exec(m.content.slice(5)));",
            [4],
        ),
        (
            "const { Client } = require('discord.js');\nconst bot = new Client({});\nbot.on('interactionCreate', async (i) => {\nexec(i.options.getString('host'));\n});",
            [5],
        ),
        (
            "const { Client } = require('discord.js');\nconst bot = new Client({});\nbot.on('messageCreate', (m) => exec(`log ${m.guild.id}`));",
            [],
        ),
        (
            "const { Telegraf } = require('telegraf');\nconst bot = new Telegraf('');\nbot.command('run', (ctx) => exec(ctx.message.text.slice(4)));",
            [4],
        ),
        (
            "const { Bot } = require('grammy');\nconst bot = new Bot('');\nasync function run(ctx) {\nexec(ctx.match);\n}\nbot.command('run', run);",
            [5],
        ),
        (
            "const Api = require('node-telegram-bot-api');\nconst bot = new Api('');\nbot.onText(/run (.+)/, (msg, match) => exec(match[1]));",
            [4],
        ),
        (
            "const { App } = require('@slack/bolt');\nconst app = new App({});\napp.command('/run', async ({ command, ack }) => { await ack(); exec(command.text); });",
            [4],
        ),
        ("const { Client } = require('whatsapp-web.js');\nconst bot = new Client();\nbot.on('message', (msg) => exec(msg.body));", [4]),
        ("const { Client } = require('./own');\nconst bot = new Client();\nbot.on('message', (msg) => exec(msg.body));", []),
    ],
)
def test_what_is_written_to_bots_in_javascript(text: str, told: list[int]) -> None:
    assert _command_lines("bot.js", EXEC + text) == told


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("sent.startsWith('!run')", "exec(sent.slice(5))"),
        ("sent.startsWith('ls ')", "exec(sent)"),
        ("sent.startsWith('!run')", "exec(`ls ${sent.substring(4)}`)"),
    ],
)
def test_how_a_command_begins_says_nothing_of_the_rest(test: str, told: str) -> None:
    server = (
        f"const app = require('express')();\napp.get('/run', (req, res) => {{ const sent = req.query.q; if ({test}) {told}; res.end(); }});"
    )
    assert _command_lines("server.js", EXEC + server) == [3]
