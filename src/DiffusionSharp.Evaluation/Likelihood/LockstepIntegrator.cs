namespace DiffusionSharp.Evaluation.Likelihood;

/// <summary>
/// Solves one differential equation from several starts, each with steps of its own, whose slopes are asked for together: a solution does not depend
/// on the others. Dormand and Prince 1980, RK5(4)7M, advanced by its fifth order; step control of Hairer, Nørsett and Wanner (section II.4).
/// </summary>
/// <param name="tolerance">Of each step, relative and absolute.</param>
internal sealed class LockstepIntegrator(double tolerance)
{
    private const int Stages = 7;
    private const double Safety = 0.9, LeastFactor = 0.2, MostFactor = 10, FirstPart = 0.01;
    private const int MostSteps = 20_000;

    private static readonly double[] Nodes = [0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1];

    private static readonly double[][] Weights =
    [
        [],
        [1.0 / 5],
        [3.0 / 40, 9.0 / 40],
        [44.0 / 45, -56.0 / 15, 32.0 / 9],
        [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
        [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
        [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
    ];

    // The fifth order's weights less the fourth's.
    private static readonly double[] Error =
        [71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40];

    /// <summary>Slopes of some of the solutions.</summary>
    /// <param name="which">Their numbers.</param>
    /// <param name="at">Where each is.</param>
    /// <param name="states">Their states there.</param>
    /// <param name="slopes">Receives the derivatives.</param>
    public delegate void Slopes(IReadOnlyList<int> which, double[] at, double[][] states, double[][] slopes);

    /// <summary>Takes all states from one place to another.</summary>
    /// <param name="from">The start.</param>
    /// <param name="to">The end, beyond it.</param>
    /// <param name="states">The states at the start; receives those at the end.</param>
    /// <param name="slopes">The equation.</param>
    /// <param name="progress">Told the part of the way that the last one has done.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.NonFinite"/>: a solution is lost, or takes too many steps.</exception>
    public void Run(double from, double to, double[][] states, Slopes slopes, Action<double>? progress = null)
    {
        Track[] tracks = [.. states.Select((s, i) => new Track(i, s, from, (to - from) * FirstPart))];
        var active = tracks;
        Evaluate(active, 0, slopes);
        while (active.Length > 0)
        {
            foreach (var track in active)
            {
                track.Step = Math.Min(track.Step, to - track.At);
            }

            for (var stage = 1; stage < Stages; stage++)
            {
                foreach (var track in active)
                {
                    track.Advance(Weights[stage]);
                }

                Evaluate(active, stage, slopes);
            }

            foreach (var track in active)
            {
                track.Judge(tolerance, to);
            }

            active = Array.FindAll(active, t => t.At < to);
            progress?.Invoke((tracks.Min(t => t.At) - from) / (to - from));
        }
    }

    private static void Evaluate(Track[] active, int stage, Slopes slopes) => slopes(
        [.. active.Select(t => t.Number)],
        [.. active.Select(t => t.At + (Nodes[stage] * t.Step))],
        [.. active.Select(t => stage == 0 ? t.State : t.Trial)],
        [.. active.Select(t => t.Slopes[stage])]);

    private sealed class Track(int number, double[] state, double at, double step)
    {
        private bool refused;
        private int steps;

        public int Number => number;

        public double At { get; private set; } = at;

        public double Step { get; set; } = step;

        public double[] State => state;

        public double[] Trial { get; } = new double[state.Length];

        public double[][] Slopes { get; } = [.. Enumerable.Range(0, Stages).Select(_ => new double[state.Length])];

        public void Advance(double[] weights)
        {
            for (var i = 0; i < Trial.Length; i++)
            {
                var sum = 0.0;
                for (var k = 0; k < weights.Length; k++)
                {
                    sum += weights[k] * Slopes[k][i];
                }

                Trial[i] = state[i] + (Step * sum);
            }
        }

        // The last trial is the step's end, and its slopes begin the next step.
        public void Judge(double tolerance, double to)
        {
            var squares = 0.0;
            for (var i = 0; i < state.Length; i++)
            {
                var error = 0.0;
                for (var k = 0; k < Stages; k++)
                {
                    error += Error[k] * Slopes[k][i];
                }

                var part = Step * error / (tolerance * (1 + Math.Max(Math.Abs(state[i]), Math.Abs(Trial[i]))));
                squares += part * part;
            }

            var norm = Math.Sqrt(squares / state.Length);
            if (!double.IsFinite(norm) || ++steps > MostSteps)
            {
                throw new DiffusionException(
                    ErrorKind.NonFinite, FormattableString.Invariant($"probability flow: image {number} is lost at ln sigma = {At} after {steps} steps: check the weights, or raise the tolerance"));
            }

            var factor = norm == 0 ? MostFactor : Math.Clamp(Safety * Math.Pow(norm, -0.2), LeastFactor, MostFactor);
            if (norm > 1)
            {
                refused = true;
                Step *= factor;
                return;
            }

            var next = At + Step;
            At = to - next <= 1e-12 * Math.Abs(to) ? to : next;
            Trial.CopyTo(state, 0);
            Slopes[^1].CopyTo(Slopes[0], 0);
            Step *= refused ? Math.Min(factor, 1) : factor;
            refused = false;
        }
    }
}
