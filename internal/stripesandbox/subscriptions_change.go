package stripesandbox

func (c *call) updateSubscription() (any, error) {
	sub, err := lookup(c, c.subscriptions, c.id, "subscription", "id")
	if err != nil {
		return nil, err
	}
	before, now := c.show(sub), c.nowOn(sub.Clock)
	revisions, extras := c.revisions("items"), c.askedItems("add_invoice_items")
	if err := c.fillSubscription(sub, now); err != nil {
		return nil, err
	}
	if c.str("billing_cycle_anchor") == "now" || c.str("payment_behavior") == "pending_if_incomplete" {
		return nil, invalid("", "billing_cycle_anchor", "The sandbox does not know billing_cycle_anchor=now or payment_behavior=pending_if_incomplete on an update.")
	}
	c.subscriptions.save(sub)
	once, err := c.settleItems(extras, false)
	if err != nil {
		return nil, err
	}
	for _, p := range once {
		c.announceItem(c.itemOf(sub, p, now))
	}
	if err := c.revise(sub, revisions); err != nil {
		return nil, err
	}
	if c.has("trial_end") {
		if err := c.moveTrial(sub, now); err != nil {
			return nil, err
		}
	}
	c.watch(sub)
	c.emitChange("customer.subscription.updated", sub.Scope, before, sub)
	return sub, nil
}

// fillSubscription lays what was sent over what there is.
func (c *call) fillSubscription(sub *Subscription, now int64) error {
	terms, metadata := c.termsFrom(""), c.metadata("metadata", sub.Metadata)
	method, days, cancelAt := c.text("default_payment_method"), c.positive("days_until_due"), c.int("cancel_at")
	if err := c.check(); err != nil {
		return err
	}
	sub.Metadata = metadata
	c.readReasons(sub)
	if sub.over() {
		for key := range c.values {
			if name := nameOf(key); name != "metadata" && name != "cancellation_details" && name != "expand" {
				return refuse("", key, "A canceled subscription can only update its cancellation_details and metadata.")
			}
		}
		return nil
	}
	if method != "" {
		if err := c.owns(sub.Customer, string(method), "default_payment_method"); err != nil {
			return err
		}
		sub.DefaultMethod = method
	}
	if c.has("application_fee_percent") {
		sub.FeePercent = terms.FeePercent
	}
	if c.has("transfer_data") {
		sub.Transfer = terms.Transfer
		if terms.Transfer.Destination == "" {
			sub.Transfer = nil
		}
	}
	if c.has("on_behalf_of") {
		sub.OnBehalfOf = terms.OnBehalfOf
	}
	if c.has("description") {
		sub.Description = terms.Description
	}
	if c.has("trial_settings") {
		sub.TrialSettings.End.Missing = terms.Missing
	}
	check := terms
	check.TrialEnd, check.Anchor, check.FeePercent, check.Transfer, check.OnBehalfOf = 0, 0, sub.FeePercent, sub.Transfer, sub.OnBehalfOf
	if err := c.checkTerms(check, now, ""); err != nil {
		return err
	}
	sub.Collection = orElse(c.str("collection_method"), sub.Collection)
	if days > 0 {
		sub.DaysDue = number(days)
	}
	if sub.Collection == "send_invoice" && sub.DaysDue == 0 {
		return invalid("parameter_missing", "days_until_due", "Missing required param: days_until_due.")
	}
	sub.Settings.Save = orText(c.text("payment_settings[save_default_payment_method]"), sub.Settings.Save)
	c.readPause(sub)
	return c.readEnd(sub, cancelAt, now)
}

// readReasons notes why somebody left.
func (c *call) readReasons(sub *Subscription) {
	if c.has("cancellation_details[comment]") {
		sub.Cancellation.Comment = c.text("cancellation_details[comment]")
	}
	if c.has("cancellation_details[feedback]") {
		sub.Cancellation.Feedback = c.text("cancellation_details[feedback]")
	}
}

func (c *call) readPause(sub *Subscription) {
	if !c.has("pause_collection") {
		return
	}
	c.stop(timerUnpause, sub.ID)
	sub.Pause = nil
	if behavior := c.str("pause_collection[behavior]"); behavior != "" {
		sub.Pause = &Pause{Behavior: behavior, ResumesAt: number(c.int("pause_collection[resumes_at]"))}
		if sub.Pause.ResumesAt > 0 {
			c.atOn(sub.Clock, int64(sub.Pause.ResumesAt), timerUnpause, sub.ID)
		}
	}
	c.str("pause_collection")
}

// readEnd settles whether and when a subscription will end by itself.
func (c *call) readEnd(sub *Subscription, cancelAt, now int64) error {
	switch {
	case cancelAt > 0 && cancelAt <= now:
		return invalid("", "cancel_at", "cancel_at must be a future timestamp.")
	case c.bool("cancel_at_period_end"):
		c.stop(timerCancelAt, sub.ID)
		sub.endWithPeriod(now)
	case cancelAt > 0:
		sub.CancelAtEnd, sub.CancelAt, sub.CanceledAt, sub.Cancellation.Reason = false, number(cancelAt), number(now), "cancellation_requested"
	case c.has("cancel_at") || c.has("cancel_at_period_end") && sub.CancelAtEnd:
		c.stop(timerCancelAt, sub.ID)
		sub.CancelAtEnd, sub.CancelAt, sub.CanceledAt, sub.Cancellation.Reason = false, 0, 0, ""
	}
	return c.check()
}

// moveTrial ends a trial now, which bills the first period at once, or at another time.
func (c *call) moveTrial(sub *Subscription, now int64) error {
	end := now
	if c.str("trial_end") != "now" {
		end = c.int("trial_end")
	}
	switch {
	case sub.Status != "trialing":
		return invalid("", "trial_end", "The sandbox moves the end of a running trial only.")
	case end < now:
		return invalid("", "trial_end", "trial_end must be a future timestamp, or now.")
	}
	sub.TrialEnd, sub.PeriodEnd, sub.Anchor = number(end), end, end
	c.stop(timerTrialEnds, sub.ID)
	if end > now {
		return nil
	}
	c.renew(sub)
	inv, ok := c.invoices.get(string(sub.LatestInvoice))
	if !ok || sub.over() {
		return nil
	}
	return c.draftIsDue(inv)
}

// cancelSubscription ends a subscription at once.
func (c *call) cancelSubscription() (any, error) {
	sub, err := lookup(c, c.subscriptions, c.id, "subscription", "id")
	if err != nil {
		return nil, err
	}
	prorate, bill := c.bool("prorate"), c.bool("invoice_now")
	if err := c.check(); err != nil {
		return nil, err
	}
	if sub.over() {
		return nil, missing("subscription", "id", c.id)
	}
	c.readReasons(sub)
	if sub.Status == "incomplete" {
		c.callOff(sub, c.assumes(assumeIncomplete))
		return sub, nil
	}
	if prorate && sub.Status != "trialing" {
		for _, id := range sub.Items {
			item, _ := c.items.get(id)
			p, _ := c.prices.get(item.Price)
			c.prorate(sub, p, item, -1, c.nowOn(sub.Clock))
		}
	}
	c.endSubscription(sub, "cancellation_requested")
	if bill {
		return sub, c.billNow(sub)
	}
	return sub, nil
}

// billNow invoices what is pending for a subscription, and collects it.
func (s *Server) billNow(sub *Subscription) error {
	now := s.nowOn(sub.Clock)
	inv := s.blankInvoice(sub.Scope, sub.Customer, sub.Currency, now)
	inv.Reason, inv.Collection, inv.Subscription, inv.OnBehalfOf, inv.AutoAdvance = "subscription_update", sub.Collection, text(sub.ID), sub.OnBehalfOf, true
	inv.Details.Metadata = sub.Metadata
	inv.dueIn(int64(sub.DaysDue), now)
	for item := range s.invoiceItems.newest() {
		if item.waitsFor(inv) {
			sub.LatestInvoice = text(inv.ID)
			s.subscriptions.save(sub)
			s.file(inv, true)
			return s.draftIsDue(inv)
		}
	}
	return nil
}

// resumeSubscription starts a paused subscription again with a period that begins now.
func (c *call) resumeSubscription() (any, error) {
	sub, err := lookup(c, c.subscriptions, c.id, "subscription", "id")
	if err != nil {
		return nil, err
	}
	anchor := c.str("billing_cycle_anchor")
	if err := c.check(); err != nil {
		return nil, err
	}
	switch {
	case sub.Status != "paused":
		return nil, refuse("", "", "You can only resume a subscription whose status is `paused`; this one is `%s`.", sub.Status)
	case anchor == "unchanged":
		return nil, invalid("", "billing_cycle_anchor", "The sandbox resumes with billing_cycle_anchor=now only.")
	}
	before, now := c.show(sub), c.nowOn(sub.Clock)
	sub.Anchor, sub.PeriodStart = now, now
	sub.PeriodEnd = c.rhythm(sub).next(now, now)
	inv := c.drawInvoice(sub, "subscription_update")
	sub.LatestInvoice = text(inv.ID)
	c.file(inv, true)
	c.emitChange("customer.subscription.updated", sub.Scope, before, sub)
	if err := c.draftIsDue(inv); err != nil {
		return nil, err
	}
	if sub.Status == "paused" {
		c.become(sub, "past_due")
	}
	c.watch(sub)
	c.emit("customer.subscription.resumed", sub)
	return sub, nil
}
