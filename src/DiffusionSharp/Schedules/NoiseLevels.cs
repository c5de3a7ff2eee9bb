using System.Collections;

namespace DiffusionSharp.Schedules;

/// <summary>
/// The levels a sampler visits, from the noisiest on, and the one it ends at. Any solver is planned on such a list; integer timesteps τ
/// are the common case, Karras' and other rules in σ or λ fall between the schedule's levels.
/// </summary>
public sealed partial class NoiseLevels : IReadOnlyList<NoiseLevel>
{
    private readonly NoiseLevel[] levels;

    private NoiseLevels(int T, NoiseLevel[] levels, double finalAlphaBar, IReadOnlyList<string> notes)
    {
        for (var i = 0; i < levels.Length; i++)
        {
            var (t, alphaBar) = levels[i];
            if (!(t >= 0 && t <= T - 1) || !(alphaBar >= 0 && alphaBar < 1) || (i > 0 && !(t < levels[i - 1].Timestep && alphaBar > levels[i - 1].AlphaBar)))
            {
                throw Invalid($"entry {i} is t = {t}, alphaBar = {alphaBar}: t must fall within [0, {T - 1}] and alphaBar rise within [0, 1)");
            }
        }

        if (levels.Length == 0 || !(finalAlphaBar >= levels[^1].AlphaBar && finalAlphaBar is > 0 and <= 1))
        {
            throw Invalid($"{levels.Length} levels that end at alphaBar {finalAlphaBar}: at least one is needed, and the end must be the cleanest, above 0");
        }

        (this.T, this.levels, FinalAlphaBar, Notes) = (T, levels, finalAlphaBar, notes);
    }

    /// <summary>Number of noise levels of the schedule.</summary>
    public int T { get; }

    /// <summary>ᾱ after the last step: 1 for the clean image, or ᾱ_0.</summary>
    public double FinalAlphaBar { get; }

    /// <summary>What a reader should know about the list.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The number of levels at which a network is called.</summary>
    public int Count => levels.Length;

    /// <summary>The i-th level, from the noisiest on.</summary>
    /// <param name="index">0..Count-1.</param>
    public NoiseLevel this[int index] => levels[index];

    /// <summary>ᾱ of level i, and of the end for i = Count.</summary>
    /// <param name="index">0..Count.</param>
    public double AlphaBar(int index) => index == levels.Length ? FinalAlphaBar : levels[index].AlphaBar;

    /// <summary>λ of level i as solvers need it: finite also where ᾱ = 0; of the end for i = Count, which is +∞ for the clean image.</summary>
    /// <param name="index">0..Count.</param>
    public double Lambda(int index) => NoiseLevel.LambdaOf(index == levels.Length
        ? FinalAlphaBar
        : NoiseLevel.AboveZero(levels[index].AlphaBar, AlphaBar(index + 1)));

    /// <summary>The cleanest so many levels, with the same end and without the notes, which are of the whole list.</summary>
    /// <param name="count">1..Count.</param>
    public NoiseLevels Last(int count) => new(T, levels[^count..], FinalAlphaBar, []);

    /// <inheritdoc/>
    public IEnumerator<NoiseLevel> GetEnumerator() => ((IEnumerable<NoiseLevel>)levels).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static DiffusionException Invalid(string message) => new(ErrorKind.Configuration, "noise levels: " + message);
}
