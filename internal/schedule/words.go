package schedule

import (
	"fmt"

	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/release"
)

// alarm is the key of the letters about a run: each editor gets one of a run.
func alarm(n *newsletter.Newsletter, run *ledger.Run) string {
	return fmt.Sprintf("run/%d/%s/%s", n.ID, run.Kind, run.Wall)
}

func notAssembled(slot Slot) release.Words {
	return release.Words{
		Subject: fmt.Sprintf("The bulletin for %s was not assembled", slot.Date),
		Paragraphs: []string{
			fmt.Sprintf("The bulletin for %s was to be assembled at %s. Nothing was running then, and now it is too late for that to happen by itself.", slot.Date, spoken(slot.Wall)),
			"Assemble it by hand: epistle bulletins assemble --date " + slot.Date.String(),
		},
	}
}

func noBulletin(slot Slot) release.Words {
	return release.Words{
		Subject: fmt.Sprintf("There is no bulletin for %s", slot.Date),
		Paragraphs: []string{
			fmt.Sprintf("The send run of %s found no bulletin, so nothing leaves.", spoken(slot.Wall)),
			"If there is something to say, assemble or import a bulletin, approve it and send it by hand. A week that is meant to have none can be left out beforehand: epistle schedule skip DATE",
		},
	}
}
