using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Tests.Training.Objectives;

public class EdmObjectiveTests
{
    /// <summary>Equation 7: with the target for F, D(x; σ) is the clean image; the input is c_in·x.</summary>
    [Theory]
    [InlineData(0.002)]
    [InlineData(0.3)]
    [InlineData(80)]
    public void The_target_makes_the_clean_image(double sigma)
    {
        var edm = new EdmPreconditioning { SigmaData = 0.6 };
        float[] x0 = [-1, 0.25f, 0.8f], epsilon = [1.5f, -0.5f, 0.1f], input = new float[3], target = new float[3];
        Assert.Equal(Math.Log(sigma) / 4, new EdmObjective(edm).Noise(sigma, x0, epsilon, input, target), 1e-14);
        for (var i = 0; i < 3; i++)
        {
            var x = x0[i] + (sigma * epsilon[i]);
            Assert.Equal(edm.In(sigma) * x, input[i], 1e-6);
            Assert.Equal(x0[i], (edm.Skip(sigma) * x) + (edm.Out(sigma) * target[i]), 1e-6);
        }
    }

    [Fact]
    public void Batches_draw_ln_sigma_normally_and_weigh_nothing()
    {
        var shape = new ImageShape(1, 1, 2);
        var maker = new BatchMaker(new CountingImages(shape), new EdmObjective(new EdmPreconditioning(), -1.2, 1.2), 2000, seed: 3);
        var batch = maker.Make(4, 8000);
        var logs = batch.Timesteps.Select(t => 4 * t).ToList();
        var mean = logs.Average();
        Assert.Equal(-1.2, mean, 4 * 1.2 / Math.Sqrt(2000));
        Assert.Equal(1.2, Math.Sqrt(logs.Average(l => (l - mean) * (l - mean))), 0.1);
        Assert.All(batch.LossWeights, w => Assert.Equal(1, w));
        Assert.Equal(batch.Timesteps, maker.Make(4, 9000).Timesteps);
        Assert.NotEqual(batch.Timesteps, maker.Make(5, 8000).Timesteps);
        Assert.Equal([8000 % 7, 8001 % 7], batch.Labels[..2]);
    }
}
