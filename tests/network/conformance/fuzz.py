"""Runs the cases of the Autobahn test suite against one WebSocket server, and prints those that do not pass.

The suite's newest release is written for Python 2. `run` translates its cases; their payloads stay texts of one character a byte, and are
turned to bytes here, at the border to autobahn's client.
"""

import binascii
import sys

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol, connectWS
from autobahn.websocket import utf8validator
from twisted.internet import reactor


class Validator(utf8validator.Utf8Validator):
    def validate(self, text):
        return super().validate(raw(text))


def raw(text):
    return text.encode("latin-1") if isinstance(text, str) else text


sys.path.insert(0, sys.argv[1])
utf8validator.Utf8Validator = Validator
binascii.b2a_hex = lambda text: raw(text).hex()
from suite.case import CaseBasename, Cases  # noqa: E402


def number(case):
    return case.__name__[len(CaseBasename):].replace("_", ".")


class Fuzzer(WebSocketClientProtocol):
    """What a case asks of its connection."""

    def connectionMade(self):
        self.connectionWasOpen = False
        self.createWirelog = False
        self.logFrames, self.txFrameStats = True, {}
        self.run = self.factory.case(self)
        super().connectionMade()

    def connectionLost(self, reason):
        super().connectionLost(reason)
        self.run.onConnectionLost(self.failedByMe)
        self.factory.judged(self.run)

    def onOpen(self):
        self.connectionWasOpen = True
        self.run.onOpen()

    def onMessage(self, payload, isBinary):
        self.run.onMessage(payload.decode("latin-1"), isBinary)

    def onPing(self, payload):
        self.run.onPing(payload.decode("latin-1"))
        super().onPing(payload)

    def onPong(self, payload):
        self.run.onPong(payload.decode("latin-1"))

    def onClose(self, wasClean, code, reason):
        self.run.onClose(wasClean, code, reason)

    def sendFrame(self, opcode, payload="", **options):
        super().sendFrame(opcode, raw(payload), **options)

    def sendMessage(self, payload, *arguments, **options):
        super().sendMessage(raw(payload), *arguments, **options)

    def sendMessageFrameData(self, payload, *arguments, **options):
        return super().sendMessageFrameData(raw(payload), *arguments, **options)

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        super().sendCloseFrame(code, raw(reasonUtf8) if reasonUtf8 else None, isReply)

    def logTxFrame(self, frameHeader, payload, repeatLength, chopsize, sync):
        self.txFrameStats[frameHeader.opcode] = self.txFrameStats.get(frameHeader.opcode, 0) + 1

    def logRxFrame(self, frameHeader, payload):
        pass

    def enableWirelog(self, enable):
        pass

    def unlessClosed(self, delay, act):
        reactor.callLater(delay, lambda: self.state != self.STATE_CLOSED and act())

    def continueLater(self, delay, act, tag=None):
        self.unlessClosed(delay, act)

    def killAfter(self, delay):
        self.unlessClosed(delay, lambda: self._fail_connection())

    def closeAfter(self, delay):
        self.unlessClosed(delay, self.sendClose)


class Suite(WebSocketClientFactory):
    """One case after the other, each on a connection of its own."""

    protocol = Fuzzer

    def __init__(self, url, cases):
        super().__init__(url)
        self.setProtocolOptions(failByDrop=False)
        self.cases, self.case, self.verdicts = iter(cases), None, {}
        self.next()

    def next(self):
        self.case = next(self.cases, None)
        if self.case is None:
            reactor.stop()
        else:
            connectWS(self)

    def judged(self, run):
        verdict = run.behavior if run.behavior != "OK" else run.behaviorClose
        self.verdicts.setdefault(verdict, []).append(number(self.case))
        if verdict not in ("OK", "INFORMATIONAL"):
            print(f"{number(self.case)}: {run.behavior}, closing {run.behaviorClose}: {run.result} {run.resultClose}", flush=True)
        reactor.callLater(0, self.next)

    def clientConnectionFailed(self, connector, reason):
        sys.exit(f"{self.url} can't be reached: {reason.getErrorMessage()}")


# Compression (12, 13) is not offered by the server; the suite counts those as unimplemented.
wanted = [case for case in Cases if not number(case).startswith(("12.", "13."))]
if len(sys.argv) > 3:
    wanted = [case for case in wanted if number(case).startswith(tuple(sys.argv[3:]))]
suite = Suite(sys.argv[2], wanted)
reactor.run()
for verdict, numbers in suite.verdicts.items():
    print(f"{verdict}: {len(numbers)}", "" if verdict == "OK" else " ".join(numbers))
missing = len(wanted) - sum(map(len, suite.verdicts.values()))
sys.exit(1 if missing or set(suite.verdicts) & {"FAILED", "UNCLEAN", "WRONG CODE"} else 0)
