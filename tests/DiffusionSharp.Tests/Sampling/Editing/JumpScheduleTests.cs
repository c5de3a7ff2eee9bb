using CsCheck;
using DiffusionSharp.Sampling.Editing;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Editing;

public class JumpScheduleTests
{
    private static readonly Gen<(int S, int Length, int Resamples)> Any = Gen.Select(Gen.Int[1, 60], Gen.Int[1, 20], Gen.Int[1, 6]);

    [Fact]
    public void It_is_the_published_walk() => Any.Sample((s, length, resamples) =>
    {
        // The walk in single steps, in the paper's count from the end: t = S-1-i, and -1 for the clean image.
        var at = 0;
        List<int> walked = [s - 1];
        foreach (var next in new JumpSchedule(length, resamples).Walk(s))
        {
            for (; at != next; walked.Add(s - 1 - at))
            {
                at += Math.Sign(next - at);
            }
        }

        Assert.Equal(Published(s, length, resamples), walked);
    });

    [Fact]
    public void Network_calls_have_a_formula() => Any.Sample((s, length, resamples) =>
    {
        var published = Published(s, length, resamples);
        var plan = RepaintPlan.Create(
            NoiseLevels.FromTimesteps(NoiseSchedule.Linear(), Timesteps.Uniform(1000, s)), new DdimOptions(), new JumpSchedule(length, resamples));
        Assert.Equal(published.Zip(published.Skip(1)).Count(p => p.Second < p.First), plan.NetworkCalls);
        Assert.Equal(s + ((resamples - 1) * length * (((s + length - 1) / length) - 1)), plan.NetworkCalls);
    });

    [Fact]
    public void The_papers_setting_makes_2410_calls() =>
        Assert.Equal(2410, RepaintPlan.Create(NoiseLevels.FromTimesteps(NoiseSchedule.Linear(), Timesteps.Uniform(1000, 250)), new DdimOptions(), new JumpSchedule(10, 10)).NetworkCalls);

    [Fact]
    public void A_small_walk()
    {
        Assert.Equal([1, 2, 3, 1, 2, 3, 4, 5, 3, 4, 5, 6], new JumpSchedule(2, 2).Walk(6));
        Assert.Equal([1, 2, 3], new JumpSchedule(1, 1).Walk(3));
        Assert.Equal(ErrorKind.Usage, Assert.Throws<DiffusionException>(() => new JumpSchedule(0, 2).Walk(5)).Kind);
        Assert.Throws<DiffusionException>(() => new JumpSchedule(2, 0).Walk(5));
    }

    // RePaint's schedule as its authors describe it: from every j-th t below S-j, r-1 times, j single steps up.
    private static List<int> Published(int s, int length, int resamples)
    {
        var left = new Dictionary<int, int>();
        for (var t = 0; t < s - length; t += length)
        {
            left[t] = resamples - 1;
        }

        List<int> visited = [];
        for (var t = s - 1; t >= 0; t--)
        {
            visited.Add(t);
            if (left.TryGetValue(t, out var jumps) && jumps > 0)
            {
                left[t]--;
                for (var k = 0; k < length; k++)
                {
                    visited.Add(++t);
                }
            }
        }

        return [.. visited, -1];
    }
}
