using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling.Solvers;

/// <summary>What has rows has one for everything.</summary>
public class RowTests
{
    [Fact]
    public void Every_solver_has_one() => Assert.Equal(Enum.GetValues<Solver>().Order(), SolverRow.All.Select(r => r.Solver).Order());

    [Fact]
    public void Every_rule_of_spacing_has_one() =>
        Assert.Equal(Enum.GetValues<TimestepSpacing>().Except([TimestepSpacing.Tuned]).Order(), SpacingRow.All.Select(r => r.Rule).Order());

    [Fact]
    public void Names_are_of_one_thing() => Assert.All(
        new[] { SolverRow.All.Select(r => r.Name).Concat(SolverRow.All.Select(r => r.Alias).OfType<string>()), SpacingRow.All.Select(r => r.Name), ScheduleRow.All.Select(r => r.Name) },
        names => Assert.Distinct(names));

    [Fact]
    public void A_rule_makes_timesteps_or_levels() => Assert.All(SpacingRow.All, r => Assert.True(r.Timesteps is null != r.Levels is null, r.Name));
}
