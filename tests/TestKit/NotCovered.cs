namespace TestKit;

/// <summary>A golden run that no test replays, and why.</summary>
/// <param name="Case">Folder of ../shared/goldens.</param>
/// <param name="Run">Name of the run, or * for the whole case.</param>
/// <param name="Reason">A known defect of the reference, or the issue the feature belongs to.</param>
public sealed record NotCovered(string Case, string Run, string Reason);
