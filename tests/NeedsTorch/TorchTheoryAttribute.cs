using System.Runtime.CompilerServices;
using Xunit.v3;

namespace NeedsTorch;

/// <summary>A theory that needs libtorch: skipped, with the reason, where it does not load or computes wrongly.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchTheoryAttribute : TheoryAttribute, ITraitAttribute
{
    public TorchTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Libtorch.Problem;

    /// <summary>For running these alone: --filter-trait "needs=libtorch".</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [KeyValuePair.Create("needs", "libtorch")];
}
