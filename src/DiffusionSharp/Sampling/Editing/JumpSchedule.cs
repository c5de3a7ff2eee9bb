namespace DiffusionSharp.Sampling.Editing;

/// <summary>
/// How often an inpainting goes back up (RePaint, Lugmayr et al. 2022, section 4.2): each stretch of levels is done several times, with a
/// jump back to its start in between, so that what is painted and what is kept come to agree.
/// </summary>
/// <param name="Length">Levels in a jump, at least 1 (the paper's j: 10 of 250 levels).</param>
/// <param name="Resamples">How often each stretch is done, at least 1 (the paper's r: 10); 1 never jumps.</param>
public sealed record JumpSchedule(int Length = JumpSchedule.DefaultLength, int Resamples = JumpSchedule.DefaultResamples)
{
    private const int MostVisits = 1_000_000;

    /// <summary>The usual <see cref="Length"/>.</summary>
    public const int DefaultLength = 5;

    /// <summary>The usual <see cref="Resamples"/>.</summary>
    public const int DefaultResamples = 5;

    /// <summary>
    /// The levels a run visits after its first one, 0: i + 1 after i is a step down, a smaller number a jump up. The last is S, the end.
    /// Levels count from the noisiest; the published get_schedule_jump counts t = S-1-i, and goes up in single steps.
    /// </summary>
    /// <param name="levels">S.</param>
    /// <exception cref="DiffusionException">Length or resamples is below 1, or the walk has over a million steps.</exception>
    public IEnumerable<int> Walk(int levels)
    {
        if (Length < 1 || Resamples < 1)
        {
            throw new DiffusionException(
                ErrorKind.Usage, $"jumps of {Length} levels, each stretch done {Resamples} times: both must be at least 1");
        }

        if ((double)levels * Resamples > MostVisits)
        {
            throw new DiffusionException(
                ErrorKind.Usage, $"{levels} levels, each stretch done {Resamples} times: that is more than {MostVisits} steps; take fewer of either");
        }

        return Visits();

        IEnumerable<int> Visits()
        {
            var jumps = new int[levels + 1];
            for (var i = 1; i <= levels; i++)
            {
                yield return i;

                // t = 0, j, 2j, … below S-j.
                var t = levels - 1 - i;
                if (t >= 0 && t % Length == 0 && t + Length < levels && ++jumps[i] < Resamples)
                {
                    i -= Length;
                    yield return i;
                }
            }
        }
    }
}
