package token

// Path is where links of a purpose lead on the readers' site: this, and the token
// after it. It is in every mail ever sent and must not change. A purpose without a
// page of its own has none.
func (p Purpose) Path() string {
	switch p {
	case Unsubscribe:
		return "/u/"
	case View:
		return "/v/"
	case Confirm:
		return "/confirm/"
	case Undo:
		return "/undo/"
	case Choose:
		return "/choose/"
	case Address:
		return "/address/"
	case Erase:
		return "/erase/"
	case Download:
		return "/download/"
	default:
		return ""
	}
}
