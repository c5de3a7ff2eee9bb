using System.Diagnostics;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>
/// Carries out a plan on one batch after another: the only loop over a plan. x lives here in float64 and is rounded to float32 for the
/// network only.
/// </summary>
internal sealed class BatchSampler(
    IDenoiser denoiser, SamplingPlan plan, SamplerRequest request, IProgress<SamplerProgress>? progress, CancellationToken cancellationToken)
{
    private readonly SamplerRegisters registers = new(denoiser, plan, request);
    private readonly int elements = request.Shape.Elements;
    private readonly int calls = Sampler.Batches(request.Drawn, request.BatchSize) * plan.NetworkCalls;
    private int call;
    private int first;
    private int count;

    /// <summary>Draws some of the images.</summary>
    /// <param name="from">The first of them, among those that are drawn.</param>
    /// <param name="images">How many, at most the request's batch.</param>
    public SampledImages Draw(int from, int images)
    {
        using var activity = Telemetry.Activities.StartActivity(Telemetry.SampleActivity);
        activity?.SetTag("images", images).SetTag("steps", plan.Steps.Count).SetTag("solver", plan.Name);
        (first, count) = (from, images);
        var x = new double[images * elements];
        Start(x);
        registers.Clear();
        for (var k = 0; k < plan.Steps.Count; k++)
        {
            if (plan.Steps[k].Saves)
            {
                x.CopyTo(registers.Saved, 0);
            }

            if (plan.Steps[k].Timestep is not { } t)
            {
                Move(k, x);
            }
            else if (plan.FixedPoint is { } point)
            {
                Solve(point, k, t, x);
            }
            else
            {
                Predict(t, x);
                Move(k, x);
                Report(k, t, x, residual: 0);
            }
        }

        Telemetry.ImageCounter.Add(images);
        return new SampledImages(request.Shape, images, x);
    }

    private void Start(Span<double> x)
    {
        for (var i = 0; i < count; i++)
        {
            var image = x.Slice(i * elements, elements);
            if (request.InitialX is { } given)
            {
                PerImage.Slice(given, Place(i), elements).CopyTo(image);
            }
            else
            {
                request.Noise.Fill(Place(i), NoiseSource.InitialStep, image);
            }
        }

        foreach (ref var value in x)
        {
            value *= plan.InitialScale;
        }
    }

    // What the network says of the batch, and how the condition's probability grows.
    private void Predict(double t, ReadOnlySpan<double> x)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var input = registers.Input.AsSpan(0, x.Length);
        Precision.Narrow(x, input);
        var timesteps = registers.Timesteps.AsSpan(0, count);
        timesteps.Fill(t);
        for (var i = 0; request.Labels is { } labels && i < count; i++)
        {
            registers.Labels[i] = labels[Place(i)];
        }

        var call = new DenoiserInput
        {
            Count = count,
            Shape = request.Shape,
            X = input,
            Timesteps = timesteps,
            Labels = request.Labels is null ? default : registers.Labels.AsSpan(0, count),
            CancellationToken = cancellationToken,
        };
        var began = Stopwatch.GetTimestamp();
        denoiser.Predict(call, registers.Output.AsSpan(0, count * registers.OutputElements));
        Telemetry.CallCounter.Add(1);
        Telemetry.CallDurations.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        request.Condition?.Invoke(call, registers.Gradient.AsSpan(0, x.Length));
    }

    /// <summary>Carries out step k on every image.</summary>
    private void Move(int k, Span<double> x)
    {
        for (var i = 0; i < count; i++)
        {
            var image = x.Slice(i * elements, elements);
            Step(k, i, image);
            registers.Next.CopyTo(image);
        }

        if (plan.Steps[k].Keeps)
        {
            registers.Keep();
        }
    }

    /// <summary>Repeats step k on every image until its fixed point is found.</summary>
    private void Solve(FixedPoint point, int k, double t, Span<double> x)
    {
        var residuals = registers.Residuals.AsSpan(0, count);
        residuals.Fill(double.PositiveInfinity);
        for (var calls = 0; calls < point.MostCalls && Largest(residuals) > point.Tolerance; calls++)
        {
            Predict(t, x);
            for (var i = 0; i < count; i++)
            {
                if (residuals[i] > point.Tolerance)
                {
                    var image = x.Slice(i * elements, elements);
                    Step(k, i, image);
                    residuals[i] = StepArithmetic.Distance(image, registers.Next);
                    registers.Next.CopyTo(image);
                }
            }

            Report(k, t, x, Largest(residuals));
        }
    }

    private static double Largest(ReadOnlySpan<double> residuals)
    {
        var largest = 0.0;
        foreach (var residual in residuals)
        {
            largest = Math.Max(largest, residual);
        }

        return largest;
    }

    /// <summary>Where step k takes image i of the batch, as <see cref="SamplerRegisters.Next"/>.</summary>
    private void Step(int k, int i, ReadOnlySpan<double> image)
    {
        var step = plan.Steps[k];
        var all = new Range(i * elements, (i + 1) * elements);
        Span<double> next = registers.Next;
        StepArithmetic.Scale(step.X, image, next);
        if (step.Timestep is not null)
        {
            var m = registers.M;
            var x0 = registers.X0.AsSpan(all);
            Read(0, k, i);
            StepArithmetic.PredictX0(step, plan.X0Treatment, image, m, x0, registers.Work);
            if (step.IsGuided)
            {
                ReadGradient(k, i);
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
            request.Noise.Fill(Place(i), k, registers.Work);
            AddNoise(k, i);
        }

        if (step.Blends && request.Inpainting is { } inpainting)
        {
            request.Noise.Fill(Place(i), NoiseSource.KnownStep(k), registers.Work);
            var known = PerImage.Slice(inpainting.Known, Place(i), elements);
            var mask = PerImage.Slice(inpainting.Mask, Place(i), elements / request.Shape.Channels);
            StepArithmetic.Blend(step.AlphaBarTo, known, mask, registers.Work, next);
        }
    }

    private void AddNoise(int k, int i)
    {
        var step = plan.Steps[k];
        if (step.UpperSigma == 0)
        {
            StepArithmetic.Add(step.Sigma, registers.Work, registers.Next);
            StepArithmetic.Add(step.GuidesMean ? step.Sigma * step.Sigma : 0, registers.G, registers.Next);
            return;
        }

        // m has been used.
        var v = registers.M;
        Read(registers.M.Length, k, i);
        if (!StepArithmetic.AddLearned(step, v, registers.Work, registers.G, registers.Next))
        {
            throw new DiffusionException(
                ErrorKind.NonFinite,
                FormattableString.Invariant($"step {k} (t = {step.Timestep}): the network's variance for image {Place(i)} is infinite (v up to {v.Max():G6}, ")
                + "about -1 … 1 is expected): its second half of channels is no learned range; leave out eta learned");
        }
    }

    private void ReadGradient(int k, int i)
    {
        if (!Precision.Widen(registers.Gradient.AsSpan(i * registers.G.Length, registers.G.Length), registers.G))
        {
            throw new DiffusionException(
                ErrorKind.NonFinite, $"step {k} (t = {plan.Steps[k].Timestep}): the condition's gradient is NaN or infinite for image {Place(i)}");
        }
    }

    // A network with learned variance returns 2C channels; the prediction is the first C.
    private void Read(int from, int k, int i)
    {
        if (!Precision.Widen(registers.Output.AsSpan((i * registers.OutputElements) + from, registers.M.Length), registers.M))
        {
            throw new DiffusionException(
                ErrorKind.NonFinite,
                $"step {k} (t = {plan.Steps[k].Timestep}): the network returned NaN or infinity for image {Place(i)}; "
                + "the weights or the input are broken, or the compute type is too narrow (try float32)");
        }
    }

    private void Report(int k, double t, ReadOnlySpan<double> x, double residual)
    {
        var now = new SamplerProgress
        {
            Call = ++call,
            Calls = calls,
            Step = k,
            Timestep = t,
            FirstImage = first,
            ImageCount = count,
            Residual = residual,
        };
        request.Watch?.Invoke(new SampledStep { Progress = now, X = x, X0 = registers.X0.AsSpan(0, x.Length) });
        progress?.Report(now);
    }

    // Of image i of the batch, its place among all of the request.
    private int Place(int i) => request.Only is { } only ? only[first + i] : first + i;
}
