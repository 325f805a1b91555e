"""What the doors to a pull request accept, as the type checker sees it.

Each line that ends in `# error: …` must be refused with exactly that code; every other line must be accepted.
"""

from analyzers.finding import Finding
from metabot.generate.proposal import Proposal
from metabot.git import Repository
from metabot.place.placement import Placed
from metabot.publish.host import Host
from metabot.publish.onboarding import RepositorySettings, open_onboarding
from metabot.publish.publisher import Publisher
from metabot.stopped import Stopped
from metabot.verify.measured import VerifiedProposal


def doors(
    publisher: Publisher,
    finding: Finding,
    placed: Placed,
    proposal: Proposal,
    verified: VerifiedProposal,
    refused: VerifiedProposal | Stopped,
    introduction: RepositorySettings,
    host: Host,
    repository: Repository,
) -> None:
    publisher.open_change(verified)
    publisher.open_change(proposal)  # error: arg-type
    publisher.open_change(placed)  # error: arg-type
    publisher.open_change(finding)  # error: arg-type
    publisher.open_change(refused)  # error: arg-type
    open_onboarding(introduction, host, repository)
    open_onboarding(verified, host, repository)  # error: arg-type
    publisher.open_change(introduction)  # error: arg-type
    proposal.title = "another"  # error: misc
