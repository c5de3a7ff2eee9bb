using System.Globalization;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Solvers;

/// <summary>
/// Orders of convergence in float64, of all variants, on x0 ~ N(μ, c²), whose ODE has a closed solution: λ evenly spaced over [-3, 3].
/// </summary>
public class SolverOrderTests
{
    private const double C = 0.5, Mean = 0.3;
    private const int T = 1001;

    // The order of a whole run, which one last step of first order would cut to 2.
    private static readonly UniPcOptions Kept = new() { LowersFinalOrder = false };

    // λ is linear in t, so that a level between two timesteps is exact.
    private static readonly NoiseSchedule Even = NoiseSchedule.FromBetas(
        [.. Enumerable.Range(0, T).Select(t => 1 - (AlphaBar(t) / (t == 0 ? 1 : AlphaBar(t - 1))))]);

    private static readonly Dictionary<string, (Func<NoiseLevels, SamplingPlan> Plan, double Least)> Cases = new()
    {
        ["Euler"] = (levels => EdmPlan.Euler(levels, new SolverOptions()), 0.9),
        ["Heun"] = (levels => EdmPlan.Heun(levels, new SolverOptions()), 1.9),
        ["PLMS"] = (levels => PlmsPlan.Create(levels, new SolverOptions()), 1.9),
        ["PNDM"] = (levels => PlmsPlan.CreateRungeKutta(Even, levels, new SolverOptions()), 1.9),
        ["DEIS 2"] = (levels => DeisPlan.Create(levels, new SolverOptions(), 2), 1.9),
        ["DEIS 3"] = (levels => DeisPlan.Create(levels, new SolverOptions()), 1.9),
        ["UniPC 1"] = (levels => UniPcPlan.Create(levels, new UniPcOptions { Order = 1 }), 1.9),
        ["UniPC 2"] = (levels => UniPcPlan.Create(levels, Kept), 2.9),
        ["UniPC 2 B1"] = (levels => UniPcPlan.Create(levels, Kept with { B1 = true }), 2.9),
        ["UniPC 2 of epsilon"] = (levels => UniPcPlan.Create(levels, Kept with { OfEpsilon = true }), 2.9),
        ["UniPC 2 uncorrected"] = (levels => UniPcPlan.Create(levels, Kept with { Uncorrected = [.. Enumerable.Range(0, 320)] }), 1.9),
        ["UniPC 3"] = (levels => UniPcPlan.Create(levels, Kept with { Order = 3 }), 3.7),
        ["UniPC 3 B1 of epsilon"] = (levels => UniPcPlan.Create(levels, Kept with { Order = 3, B1 = true, OfEpsilon = true }), 3.7),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Converges_with_its_order(string name)
    {
        double[] errors = [.. new[] { 20, 40, 80, 160, 320 }.Select(steps =>
        {
            NoiseLevel[] levels = [.. Enumerable.Range(0, steps).Select(i => (T - 1) * (1.0 - ((double)i / steps))).Select(t => new NoiseLevel(t, AlphaBar(t)))];
            var x = PlanInDoubles.Run(Cases[name].Plan(NoiseLevels.Custom(T, AlphaBar(0), levels)), [0.8], Epsilon)[0];
            return Math.Abs(x - Solution(0.8, AlphaBar(T - 1), AlphaBar(0)));
        })];

        // The slope over the last doubling and over all four.
        double last = Math.Log2(errors[3] / errors[4]), all = Math.Log2(errors[0] / errors[4]) / 4;
        var found = string.Create(CultureInfo.InvariantCulture, $"{name}: order {last:F2} at the end, {all:F2} on the whole; errors {string.Join(", ", errors.Select(e => e.ToString("G3", CultureInfo.InvariantCulture)))}");
        TestContext.Current.TestOutputHelper?.WriteLine(found);
        Assert.True(last >= Cases[name].Least && all >= Cases[name].Least - 0.1, found);
    }

    private static double AlphaBar(double t) => 1 / (1 + Math.Exp(-2 * (3 - (6 * t / (T - 1)))));

    private static double Variance(double alphaBar) => (alphaBar * C * C) + 1 - alphaBar;

    private static double Epsilon(double x, double t) =>
        Math.Sqrt(1 - AlphaBar(t)) * (x - (Math.Sqrt(AlphaBar(t)) * Mean)) / Variance(AlphaBar(t));

    private static double Solution(double x, double from, double to) =>
        (Math.Sqrt(to) * Mean) + (Math.Sqrt(Variance(to) / Variance(from)) * (x - (Math.Sqrt(from) * Mean)));
}
