namespace NeedsTorch;

/// <summary>libtorch, where the command is built without it.</summary>
public static class Libtorch
{
    /// <summary>Why not, or null.</summary>
    public static string? Problem => "libtorch cannot be loaded: this build of the command has none (TorchBackend is empty)";

    /// <summary>Skips the rest of a test, with the reason, where libtorch does not load or computes wrongly.</summary>
    public static void Require() => Assert.SkipWhen(Problem is not null, Problem ?? "");
}
