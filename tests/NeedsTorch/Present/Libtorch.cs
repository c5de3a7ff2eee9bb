using DiffusionSharp.Torch.Checks;

namespace NeedsTorch;

/// <summary>Whether libtorch can be used on this machine.</summary>
public static class Libtorch
{
    /// <summary>Why not, or null.</summary>
    public static string? Problem => TorchHealth.Problem;

    /// <summary>Skips the rest of a test, with the reason, where libtorch does not load or computes wrongly.</summary>
    public static void Require() => Assert.SkipWhen(Problem is not null, Problem ?? "");
}
