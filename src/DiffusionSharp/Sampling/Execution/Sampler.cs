using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>
/// Carries out a <see cref="SamplingPlan"/>: the only loop over a plan. x lives here in float64 and is rounded to float32
/// for the network only.
/// </summary>
public static class Sampler
{
    /// <summary>Samples images.</summary>
    /// <param name="denoiser">The network.</param>
    /// <param name="plan">The steps; its prediction type must be the network's.</param>
    /// <param name="request">How many images of what shape, from which noise.</param>
    /// <returns>The images, [N, C, H, W], in the order of the noise source.</returns>
    /// <exception cref="DiffusionException">The request contradicts itself or the plan, or the network returned NaN or infinity.</exception>
    /// <exception cref="OperationCanceledException">The request's token was cancelled.</exception>
    public static SampledImages Run(IDenoiser denoiser, SamplingPlan plan, SamplerRequest request)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(request);
        SamplerCheck.Check(denoiser, plan, request);

        var elements = request.Shape.Elements;
        var registers = new SamplerRegisters(denoiser, plan, request);
        var result = registers.Images;
        var batches = Batches(request.Count, request.BatchSize);
        var call = 0;
        for (var first = 0; first < request.Count; first += request.BatchSize)
        {
            var count = Math.Min(request.BatchSize, request.Count - first);
            var x = result.AsSpan(first * elements, count * elements);
            Start(plan, request, first, x);
            registers.Clear();
            for (var k = 0; k < plan.Steps.Count; k++)
            {
                if (plan.Steps[k].Saves)
                {
                    x.CopyTo(registers.Saved);
                }

                var residuals = registers.Residuals.AsSpan(0, count);
                residuals.Fill(double.PositiveInfinity);
                if (plan.Steps[k].Timestep is not { } t)
                {
                    Move(plan, k, request, first, x, registers);
                    continue;
                }

                for (var calls = 0; calls < (plan.FixedPoint?.MostCalls ?? 1) && !IsSolved(plan, residuals); calls++)
                {
                    request.CancellationToken.ThrowIfCancellationRequested();
                    Predict(denoiser, request, t, first, count, x, registers);
                    Move(plan, k, request, first, x, registers);
                    request.Progress?.Invoke(new SamplerProgress
                    {
                        Call = ++call,
                        Calls = batches * plan.NetworkCalls,
                        Step = k,
                        Timestep = t,
                        FirstImage = first,
                        ImageCount = count,
                        X = x,
                        X0 = registers.X0.AsSpan(0, x.Length),
                        Residual = plan.FixedPoint is null ? 0 : Largest(residuals),
                    });
                }
            }
        }

        return new SampledImages(request.Shape, request.Count, result);
    }

    private static void Start(SamplingPlan plan, SamplerRequest request, int first, Span<double> x)
    {
        var elements = request.Shape.Elements;
        if (request.InitialX is { } given)
        {
            given.AsSpan(first * elements, x.Length).CopyTo(x);
        }
        else
        {
            for (var i = 0; i < x.Length / elements; i++)
            {
                request.Noise.Fill(first + i, NoiseSource.InitialStep, x.Slice(i * elements, elements));
            }
        }

        foreach (ref var value in x)
        {
            value *= plan.InitialScale;
        }
    }

    // What the network says of the batch, and how the condition's probability grows.
    private static void Predict(
        IDenoiser denoiser, SamplerRequest request, double t, int first, int count, ReadOnlySpan<double> x, SamplerRegisters registers)
    {
        var input = registers.Input.AsSpan(0, x.Length);
        Precision.Narrow(x, input);
        var timesteps = registers.Timesteps.AsSpan(0, count);
        timesteps.Fill(t);
        var call = new DenoiserInput
        {
            Count = count,
            Shape = request.Shape,
            X = input,
            Timesteps = timesteps,
            Labels = request.Labels is { } labels ? labels.AsSpan(first, count) : default,
            CancellationToken = request.CancellationToken,
        };
        denoiser.Predict(call, registers.Output.AsSpan(0, count * registers.OutputElements));
        request.Condition?.Invoke(call, registers.Gradient.AsSpan(0, x.Length));
    }

    /// <summary>In how many batches images are sampled, each of which takes every network call of the plan.</summary>
    /// <param name="images">Number of images.</param>
    /// <param name="batchSize">Images in one network call at most, at least 1.</param>
    public static int Batches(int images, int batchSize) => (images + batchSize - 1) / batchSize;

    private static bool IsSolved(SamplingPlan plan, ReadOnlySpan<double> residuals) =>
        plan.FixedPoint is { } point && Largest(residuals) <= point.Tolerance;

    private static double Largest(ReadOnlySpan<double> residuals)
    {
        var largest = 0.0;
        foreach (var residual in residuals)
        {
            largest = Math.Max(largest, residual);
        }

        return largest;
    }

    /// <summary>Carries out step k on every image of the batch whose fixed point, if there is one, is not found yet.</summary>
    private static void Move(SamplingPlan plan, int k, SamplerRequest request, int first, Span<double> x, SamplerRegisters registers)
    {
        var step = plan.Steps[k];
        var elements = request.Shape.Elements;
        for (var i = 0; i < x.Length / elements; i++)
        {
            if (IsSolved(plan, registers.Residuals.AsSpan(i, 1)))
            {
                continue;
            }

            var all = new Range(i * elements, (i + 1) * elements);
            Span<double> image = x[all], next = registers.Next;
            StepArithmetic.Scale(step.X, image, next);
            if (step.Timestep is not null)
            {
                var m = registers.M;
                var x0 = registers.X0.AsSpan(all);
                Read(0, step, k, first, i, registers);
                StepArithmetic.PredictX0(step, plan.X0Treatment, image, m, x0, registers.Work);
                if (step.IsGuided)
                {
                    ReadGradient(step, k, first, i, registers);
                    StepArithmetic.Add(step.MFromG, registers.G, m);
                    StepArithmetic.Add(step.X0FromG, registers.G, x0);
                }

                StepArithmetic.Add(step.M, m, next);
                StepArithmetic.Add(step.X0, x0, next);
                if (step.Keeps)
                {
                    var d = registers.Keeping.AsSpan(all);
                    StepArithmetic.Scale(step.KeptX, image, d);
                    StepArithmetic.Add(step.KeptM, m, d);
                    StepArithmetic.Add(step.KeptX0, x0, d);
                }
            }

            if (step.Saved != 0)
            {
                StepArithmetic.Add(step.Saved, registers.Saved.AsSpan(all), next);
            }

            for (var back = 1; back <= step.History?.Count; back++)
            {
                StepArithmetic.Add(step.History[back - 1], registers.Kept(back).AsSpan(all), next);
            }

            if (step.Sigma != 0)
            {
                request.Noise.Fill(first + i, k, registers.Work);
                AddNoise(step, k, first, i, registers);
            }

            if (step.Blends && request.Inpainting is { } inpainting)
            {
                request.Noise.Fill(first + i, NoiseSource.KnownStep(k), registers.Work);
                StepArithmetic.Blend(step.AlphaBarTo, inpainting, first + i, registers.Work, next);
            }

            if (plan.FixedPoint is not null)
            {
                registers.Residuals[i] = StepArithmetic.Distance(image, next);
            }

            next.CopyTo(image);
        }

        if (step.Keeps)
        {
            registers.Keep();
        }
    }

    private static void AddNoise(in SamplingStep step, int k, int first, int i, SamplerRegisters registers)
    {
        if (step.UpperSigma == 0)
        {
            StepArithmetic.Add(step.Sigma, registers.Work, registers.Next);
            StepArithmetic.Add(step.GuidesMean ? step.Sigma * step.Sigma : 0, registers.G, registers.Next);
            return;
        }

        // m has been used.
        var v = registers.M;
        Read(registers.M.Length, step, k, first, i, registers);
        if (!StepArithmetic.AddLearned(step, v, registers.Work, registers.G, registers.Next))
        {
            throw new DiffusionException(
                ErrorKind.NonFinite,
                FormattableString.Invariant($"step {k} (t = {step.Timestep}): the network's variance for image {first + i} is infinite (v up to {v.Max():G6}, ")
                + "about -1 … 1 is expected): its second half of channels is no learned range; leave out eta learned");
        }
    }

    private static void ReadGradient(in SamplingStep step, int k, int first, int i, SamplerRegisters registers)
    {
        if (!Precision.Widen(registers.Gradient.AsSpan(i * registers.G.Length, registers.G.Length), registers.G))
        {
            throw new DiffusionException(ErrorKind.NonFinite, $"step {k} (t = {step.Timestep}): the condition's gradient is NaN or infinite for image {first + i}");
        }
    }

    // A network with learned variance returns 2C channels; the prediction is the first C.
    private static void Read(int from, in SamplingStep step, int k, int first, int i, SamplerRegisters registers)
    {
        if (!Precision.Widen(registers.Output.AsSpan((i * registers.OutputElements) + from, registers.M.Length), registers.M))
        {
            throw new DiffusionException(
                ErrorKind.NonFinite,
                $"step {k} (t = {step.Timestep}): the network returned NaN or infinity for image {first + i}; "
                + "the weights or the input are broken, or the compute type is too narrow (try float32)");
        }
    }
}
