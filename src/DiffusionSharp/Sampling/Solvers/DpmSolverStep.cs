using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Sampling.Solvers;

/// <summary>What multistep and singlestep DPM-Solver share: the exact step between two levels, in x0 or in ε as the options ask.</summary>
internal readonly struct DpmSolverStep
{
    private readonly NoiseLevels levels;
    private readonly int to;
    private readonly DpmSolverOptions options;
    private readonly bool ofEpsilon;

    public DpmSolverStep(NoiseLevels levels, int from, int to, DpmSolverOptions options)
    {
        (this.levels, this.to, this.options) = (levels, to, options);

        // ε says nothing about x0 where all is noise, and nothing about x' where there is none: there the step is that of x0, of order 1.
        ofEpsilon = options.OfEpsilon && levels.AlphaBar(from) > 0 && levels.AlphaBar(to) < 1;
        Exact = ofEpsilon ? ExponentialStep.ForEpsilon(levels, from, to) : ExponentialStep.ForX0(levels, from, to, options.Eta.Value);
    }

    public ExponentialStep Exact { get; }

    /// <summary>The network is called at a level, and x' = x·x + Scale·d·d + Sigma·z; this d is kept for later calls.</summary>
    public SamplingStep Call(int level, double x, double d)
    {
        var prediction = Prediction.At(levels[level], options.PredictionType, options.X0Treatment);
        var coefficient = Exact.Scale * d;
        var step = prediction.Step(levels.AlphaBar(to), x, ofEpsilon ? 0 : coefficient, ofEpsilon ? coefficient : 0) with { Sigma = Exact.Sigma };
        return options.Order == 1 ? step : options.OfEpsilon ? prediction.KeepEpsilon(step) : step with { KeptX0 = 1 };
    }
}
