using DiffusionSharp.Models;
using DiffusionSharp.Models.Layouts;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>Which weights of a model are looked at, and what was told about it.</summary>
/// <param name="Raw">The weights themselves instead of their average.</param>
/// <param name="Average">The average, and nothing else.</param>
/// <param name="About">What it does not say of itself; null for nothing.</param>
internal sealed record Wanted(bool Raw, bool Average, CheckpointFacts? About)
{
    public ModelSource Open(string path) => ModelSource.Open(path, Raw, About, Average);
}
