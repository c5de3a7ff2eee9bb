using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Tests.Training.Objectives;

public class LossHistoryTests
{
    [Fact]
    public void T_is_uniform_until_there_are_ten_losses_of_each()
    {
        var history = new LossHistory(2);
        history.Add([.. Enumerable.Repeat(0, 15)], [.. Enumerable.Repeat(1f, 15)]);
        history.Add([.. Enumerable.Repeat(1, 9)], [.. Enumerable.Repeat(1f, 9)]);
        Assert.Null(history.Table());
        history.Add([1], [1f]);
        Assert.NotNull(history.Table());
    }

    /// <summary>p = 0.999·√(mean of the last ten squares)/Σ + 0.001/T by hand: √38.5 (of 1…10), √118.5 (of 6…15) and 2.</summary>
    [Fact]
    public void Its_probabilities_are_those_of_the_last_ten_losses()
    {
        var history = new LossHistory(3);
        for (var k = 1; k <= 15; k++)
        {
            // Of t = 0 the first five are replaced by 1…10, in order.
            history.Add([0, 1, 2], [k <= 5 ? 100 : k - 5, k, k % 2 == 0 ? 2 : -2]);
        }

        double[] roots = [Math.Sqrt(38.5), Math.Sqrt(118.5), 2];
        var table = history.Table()!;
        for (var t = 0; t < 3; t++)
        {
            var p = (0.999 * roots[t] / roots.Sum()) + (0.001 / 3);
            Assert.Equal(p, table.Probability(t), 1e-15);
            Assert.Equal(1 / (3 * p), table.ImportanceWeight(t), 1e-14);
        }
    }

    [Fact]
    public void Losses_that_are_all_zero_leave_t_uniform()
    {
        var history = new LossHistory(1);
        history.Add(new int[10], new float[10]);
        Assert.Null(history.Table());
    }

    [Fact]
    public void T_is_drawn_as_often_as_its_probability_says()
    {
        double[] p = [0.1, 0.6, 0.05, 0.25];
        var table = new TimestepTable(p);
        const int draws = 10_000;
        var counts = new int[4];
        for (var k = 0; k < draws; k++)
        {
            counts[table.Draw((k + 0.5) / draws)]++;
        }

        Assert.Equal([1000, 6000, 500, 2500], counts);
        Assert.Equal((0, 3), (table.Draw(0), table.Draw(1 - 1e-16)));
    }

    [Fact]
    public void A_saved_history_goes_on_where_it_was()
    {
        LossAwareTimesteps straight = new(2), saved = new(2);
        for (var step = 0; step < 30; step++)
        {
            saved = LossAwareTimesteps.Resume(2, saved.Export())!;
            if (step == 0)
            {
                straight.Begin(0);
            }

            // A session for each update.
            saved.Begin(step);
            Assert.Equal(straight.For(step)?.Probability(0), saved.For(step)?.Probability(0));
            straight.Prepare(step + 1);
            saved.Prepare(step + 1);
            var batch = new TrainingBatch(2, new ImageShape(1, 1, 1));
            (batch.Timesteps[0], batch.Timesteps[1]) = (0, 1);
            (batch.Losses[0], batch.Losses[1], batch.ImportanceWeights[1]) = (step, 3, 0.5f);
            straight.Note(batch);
            saved.Note(batch);
        }

        // Batch 29 knows the losses up to update 27, and not the weights they were drawn with.
        var (first, second) = (Math.Sqrt(Enumerable.Range(18, 10).Average(k => k * (double)k)), 6.0);
        Assert.Equal((0.999 * first / (first + second)) + 0.0005, straight.For(29)!.Probability(0), 1e-15);
        Assert.Null(LossAwareTimesteps.Resume(2, new Dictionary<string, HostTensor>()));
        Assert.Equal(3, LossAwareTimesteps.Resume(3, saved.Export())!.Export()["counts"].Data.Length);
    }
}
