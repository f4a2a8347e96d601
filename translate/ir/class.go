package ir

// fieldClasses say how much it matters that a target has no place for a
// member. It matters the same to whichever target it is.
var fieldClasses = [...]Class{
	FieldMaxOutput:     Semantic,
	FieldTemperature:   Semantic,
	FieldTopP:          Semantic,
	FieldTopK:          Hint,
	FieldFreqPenalty:   Semantic,
	FieldPresPenalty:   Semantic,
	FieldSeed:          Hint,
	FieldLogitBias:     Semantic,
	FieldStop:          Semantic,
	FieldN:             Semantic,
	FieldLogprobs:      Semantic,
	FieldTopLogprobs:   Semantic,
	FieldReasoning:     Semantic,
	FieldEffort:        Semantic,
	FieldFormat:        Semantic,
	FieldVerbosity:     Hint,
	FieldModalities:    Required,
	FieldAudio:         Required,
	FieldToolChoice:    Semantic,
	FieldParallel:      Hint,
	FieldStore:         Hint,
	FieldPrevID:        Required,
	FieldConversation:  Required,
	FieldBackground:    Required,
	FieldPrompt:        Required,
	FieldTruncation:    Hint,
	FieldCacheKey:      Hint,
	FieldTier:          Hint,
	FieldSpeed:         Hint,
	FieldUser:          Hint,
	FieldSafetyID:      Hint,
	FieldLabels:        Hint,
	FieldSafety:        Hint,
	FieldCachedContent: Required,
	FieldSystem:        Semantic,
}

// extClasses are the members of a request that only their own dialect knows and
// that matter nevertheless. All others are hints.
var extClasses = map[Dialect]map[string]Class{
	Chat:      {"moderation": Semantic, "response_format": Semantic},
	Responses: {"moderation": Semantic, "access_programs": Semantic, "reasoning.mode": Semantic},
	Anthropic: {"inference_geo": Semantic, "thread": Required}, // a thread's earlier turns are with Anthropic alone
	Gemini: {
		"modelArmorConfig": Semantic, "continuationToken": Required, "generationConfig.continuationToken": Required,
		"generationConfig.speechConfig": Semantic, "generationConfig.imageConfig": Semantic, "generationConfig.mediaResolution": Semantic,
		"generationConfig.audioTimestamp": Semantic, "generationConfig.audioTranscriptionConfig": Semantic,
		"generationConfig.routingConfig": Semantic, "generationConfig.modelSelectionConfig": Semantic,
		"generationConfig.enableEnhancedCivicAnswers": Semantic, "generationConfig.generationOutputConfig": Semantic,
	},
}

// ExtClass tells how much it matters that a member is dropped that only the
// client's own dialect knows.
func (r *Request) ExtClass(name string) Class {
	if d := r.Dialect; d != CodeAssist {
		return extClasses[d][name]
	}
	return extClasses[Gemini][name]
}

// Class tells how much it matters that the member is dropped.
func (f FieldID) Class() Class { return fieldClasses[f] }

// Class tells how much it matters that a target has no form for what an
// assistant has said besides text. What only another vendor knows, such as an
// earlier answer's sound by its id, leaves nothing that could stand for it.
func (p *Part) Class() Class {
	if p.Media != nil && p.Media.Source == SourceFileID {
		return Required
	}
	return Semantic
}

// Class tells how much it matters that a target has no form for the tool. What
// a client runs itself, or names a server of its own for, is what it relies on,
// and so is a tool that the model is told to use.
func (t *Tool) Class(choice *ToolChoice) Class {
	if t.Kind != ToolServer || t.Type == "mcp" || choice.Server != "" && choice.Server == t.Type {
		return Required
	}
	return Semantic
}
